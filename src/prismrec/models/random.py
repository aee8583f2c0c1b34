"""Random: an order drawn once, for everybody alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.rankers import ItemWeights
from prismrec.train import Training

__all__ = ["Random"]

STREAM = 7  # the split of the same seed must not shape the order


@dataclass(frozen=True)
class Random:
    """Score = a random number per item, the same for all people; it looks at nothing.

    What it scores is what a list is worth by chance. One order for all, so that it is saved as one
    number per item and a person asked twice gets the same list. Its figures vary more from seed to
    seed than with an order per person: pool several seeds.

    Relations: `popularity` is the other order that is the same for all, and the one that a model
    has to beat where items have a history.
    """

    seed: int | None = None  # of the order; None: that of the training

    def fit(self, train: Dataset, how: Training = Training()) -> ItemWeights:
        """Draw one number per item."""
        seed = how.seed if self.seed is None else self.seed
        rng = np.random.default_rng([seed, STREAM])
        scores = rng.random(train.n_items, dtype=np.float32)
        return ItemWeights((), scores, about={"model": "random", "seed": seed})

"""Popularity: what most people use, for everybody alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from prismrec.data.dataset import Dataset
from prismrec.data.sketch import sketch
from prismrec.graph.support import support
from prismrec.rankers import ItemWeights
from prismrec.search_space import searched
from prismrec.train import Training

__all__ = ["Popularity"]


@dataclass(frozen=True)
class Popularity:
    """Score = number of users of the item. It is the floor that every model must clear.

    Relations: the bias of `item-knn` is this number, scaled; `prism` learns how much it should
    count.
    """

    half_life: float | None = searched(None, 1.0, 1e3, log=True)  # days to half weight; None: never

    def fit(self, train: Dataset, how: Training = Training()) -> ItemWeights:
        """Count; a log without times has no half-life."""
        counts = support(train.interactions, train.n_items, half_life=self.half_life)
        about = {"model": "popularity", **asdict(self), "fitted_on": sketch(train)}
        return ItemWeights((), counts, about=about)

"""InfoNCE: each modality of an item finds the others among those of many items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from prismrec.align.contrast import Drawing, learnt
from prismrec.data.features import Feature
from prismrec.nn.losses import Temperature, info_nce
from prismrec.reduction import Projection
from prismrec.train.loop import Schedule

__all__ = ["FindEachOther", "InfoNce"]


@dataclass(frozen=True)
class InfoNce:
    """Linear maps with the smallest symmetric InfoNCE over all pairs of modalities.

    Learning starts at an alignment in closed form and keeps it where nothing better is found on
    rows that are held out for that; the temperature is learnt.

    Source: van den Oord and others 2018, arXiv 1807.03748; CLIP, arXiv 2103.00020, whose towers are
    here linear maps of encoders that stay as they are. Relations: `triplet` looks at one negative;
    `ridge-map` has squared error instead; `representation-net` adds fusion and classes.
    """

    start: str = "ridge-map"  # alignment, with its fields in brackets
    temperature: float = 0.1  # at the beginning
    dropout: float = 0.5  # share of the dimensions of each vector that are silent in a step
    learning_rate: float = 1e-4
    batch_size: int = 1024
    epochs: int = 60  # at most
    patience: int = 8  # epochs without better retrieval
    seed: int = 0

    def fit(self, items: Mapping[str, Feature]) -> dict[str, Projection]:
        """Learn the projections; see `prismrec.align.Alignment`."""
        return learnt(
            items,
            partial(FindEachOther, self.temperature),
            drawing=Drawing(self.start, self.seed, self.batch_size, self.dropout),
            schedule=Schedule(self.learning_rate, self.epochs, self.patience),
        )


class FindEachOther(nn.Module):
    """The loss with its temperature."""

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = Temperature(temperature)

    def forward(self, one: Tensor, other: Tensor, present: Tensor) -> Tensor:
        """The loss of partners (n, k) where both are present (n,)."""
        return info_nce(one, other, temperature=self.temperature(), present=present)

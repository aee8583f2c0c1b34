"""Triplets: a partner is nearer than what almost looks like one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from prismrec.align.contrast import Drawing, learnt
from prismrec.data.features import Feature
from prismrec.nn.losses import triplet
from prismrec.reduction import Projection
from prismrec.train.loop import Schedule

__all__ = ["Triplet"]


@dataclass(frozen=True)
class Triplet:
    """Linear maps with the smallest triplet loss over all pairs of modalities.

    The negative of a row is semi-hard: of those in the batch that are less like it than its
    partner, the most alike. Learning starts at an alignment in closed form and keeps it where
    nothing better is found on rows that are held out for that.

    Source: F. Schroff and others 2015, FaceNet, arXiv 1503.03832; for pictures and texts F. Faghri
    and others 2018, VSE++, arXiv 1707.05612, which takes the hardest negative instead. Relations:
    `infonce` looks at all negatives.
    """

    start: str = "ridge-map"  # alignment, with its fields in brackets
    margin: float = 0.2  # in cosine
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
            partial(_Loss, self.margin),
            drawing=Drawing(self.start, self.seed, self.batch_size, self.dropout),
            schedule=Schedule(self.learning_rate, self.epochs, self.patience),
        )


class _Loss(nn.Module):
    def __init__(self, margin: float) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, one: Tensor, other: Tensor, present: Tensor) -> Tensor:
        return triplet(one, other, margin=self.margin, present=present)

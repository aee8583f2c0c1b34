"""Principal components: the directions in which vectors differ most, with or without whitening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.neighbours import centre_of
from prismrec.reduction.projection import Projection
from prismrec.types import Doubles, Floats

__all__ = ["Pca", "Whitening"]

BLOCK = 1 << 14  # rows whose products are summed at once


@dataclass(frozen=True)
class Pca:
    """The `dim` directions of largest variance, in that order.

    Source: Pearson 1901; Hotelling 1933. Relations: `whitening` then makes them equally long.
    """

    dim: int = 128  # directions kept; fewer where the vectors have no more

    def __post_init__(self) -> None:
        _positive(self.dim)

    def fit(self, feature: Feature) -> Projection:
        """Learn from the rows that are present."""
        centre, _, directions = _components(feature, self.dim)
        return Projection(centre, directions)


@dataclass(frozen=True)
class Whitening:
    """Principal components of variance 1, then vectors of length 1: no direction dominates.

    Source: Su and others, "Whitening sentence representations for better semantics and faster
    retrieval", 2021 (arXiv 2103.15316). Departure: variances are raised by `floor` of the mean one,
    so that directions without content are not blown up to noise.
    """

    dim: int = 128  # directions kept
    floor: float = 0.1  # of the mean variance, added to each

    def __post_init__(self) -> None:
        _positive(self.dim)

    def fit(self, feature: Feature) -> Projection:
        """Learn from the rows that are present."""
        centre, variance, directions = _components(feature, self.dim)
        floor = self.floor * max(float(variance.mean()), 1e-12)
        scaled = directions / np.sqrt(variance[: directions.shape[1]] + floor)
        return Projection(centre, scaled.astype(np.float32), unit=True)


def _components(feature: Feature, dim: int) -> tuple[Floats, Doubles, Floats]:
    """Centre (d,), all variances (d,) from the largest down, the first directions (d, k)."""
    centre = centre_of(feature)
    covariance = np.zeros((feature.dim, feature.dim))
    for start in range(0, len(feature), BLOCK):
        rows = slice(start, start + BLOCK)
        x = (feature.values[rows] - centre)[feature.present[rows]]
        covariance += x.T @ x
    variance, directions = np.linalg.eigh(covariance / max(1, int(feature.present.sum())))
    variance, directions = variance[::-1].clip(0), directions[:, ::-1][:, :dim]
    # An eigenvector's sign is arbitrary: make the largest entry positive, so that runs agree.
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])
    return centre, variance, (directions * signs).astype(np.float32)


def _positive(dim: int) -> None:
    if dim < 1:
        raise BadData(f"a vector needs a dimension or more, not {dim}")

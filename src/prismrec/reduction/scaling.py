"""Scaling: every modality is given the same weight, whatever its dimension and units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.neighbours import centre_of
from prismrec.reduction.projection import Projection

__all__ = ["Scaling"]

SHAPES = ("unit", "standard")


@dataclass(frozen=True)
class Scaling:
    """The mean subtracted, then every vector of length 1 ("unit") or of mean square 1 ("standard").

    "standard" gives each dimension the variance 1 / d, so that d dimensions weigh together as
    much as d' others; dimensions that never change stay zero.
    """

    shape: str = "unit"  # "unit" or "standard"

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise BadData(f"scaling: the shape is {' or '.join(SHAPES)}, not {self.shape!r}")

    def fit(self, feature: Feature) -> Projection:
        """Learn from the rows that are present."""
        centre = centre_of(feature)
        if self.shape == "unit":
            return Projection(centre, unit=True)
        x = (feature.values - centre)[feature.present]
        spread = x.std(axis=0, dtype=np.float64) if len(x) else np.zeros(feature.dim)
        gain = np.where(spread > 1e-9, 1 / np.maximum(spread, 1e-9), 0) / np.sqrt(feature.dim)
        return Projection(centre, np.diag(gain).astype(np.float32))

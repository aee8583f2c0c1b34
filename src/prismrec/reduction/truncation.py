"""Truncation: the first dimensions, for encoders that were trained to be cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.reduction.projection import Projection

__all__ = ["Truncation"]


@dataclass(frozen=True)
class Truncation:
    """The first `dim` dimensions, of length 1 again.

    Only for encoders trained for it: of others, the first dimensions are as good as any.

    Source: Kusupati and others, "Matryoshka representation learning", 2022 (arXiv 2205.13147).
    """

    dim: int = 128  # dimensions kept

    def fit(self, feature: Feature) -> Projection:
        """Look at nothing but the number of dimensions."""
        matrix = np.eye(feature.dim, min(self.dim, feature.dim), dtype=np.float32)
        return Projection(np.zeros(feature.dim, np.float32), matrix, unit=True)

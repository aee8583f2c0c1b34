"""Random projection: distances survive in few random directions, and nothing has to be learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.reduction.projection import Projection

__all__ = ["RandomProjection"]


@dataclass(frozen=True)
class RandomProjection:
    """`dim` random directions; squared distances keep their expectation.

    Equal seeds give equal projections, so vectors of different catalogues compare.

    Source: Johnson and Lindenstrauss 1984; signs instead of normal numbers: Achlioptas 2003.
    """

    dim: int = 128  # directions
    seed: int = 0  # of the directions

    def fit(self, feature: Feature) -> Projection:
        """Look at nothing but the number of dimensions."""
        bits = np.random.default_rng(self.seed).integers(0, 2, (feature.dim, self.dim))
        matrix = ((2 * bits - 1) / np.sqrt(self.dim)).astype(np.float32)
        return Projection(np.zeros(feature.dim, np.float32), matrix)

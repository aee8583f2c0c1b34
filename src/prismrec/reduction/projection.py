"""Projection: what every reduction learns, a centre and a matrix."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.types import Floats

__all__ = ["Projection"]


@dataclass(frozen=True, eq=False)
class Projection:
    """x becomes (x - centre) @ matrix, and of length 1 where `unit` says so."""

    centre: Floats  # (d,)
    matrix: Floats | None = None  # (d, k); None keeps the dimensions
    unit: bool = False

    @property
    def dim(self) -> int:
        """Length k of a projected vector."""
        return len(self.centre) if self.matrix is None else self.matrix.shape[1]

    @property
    def fingerprint(self) -> str:
        """Stands for the arrays: projections that differ give vectors that do not compare."""
        hasher = hashlib.sha256(self.centre.tobytes() + bytes([self.unit]))
        hasher.update(b"" if self.matrix is None else self.matrix.tobytes())
        return hasher.hexdigest()[:16]

    def __call__(self, values: Floats) -> Floats:
        """(n, d) to (n, k).

        Raises:
            BadData: where the vectors have another length than those learnt from.
        """
        if values.shape[1] != len(self.centre):
            raise BadData(
                f"these vectors have {values.shape[1]} dimensions but the projection was learnt "
                f"from {len(self.centre)}; encode with the same encoder"
            )
        out = values - self.centre
        if self.matrix is not None:
            out = out @ self.matrix
        if self.unit:
            out = out / np.linalg.norm(out, axis=1, keepdims=True).clip(1e-12)
        return np.asarray(out, np.float32)

    def apply(self, feature: Feature) -> Feature:
        """The feature with projected rows; absent rows stay zero and absent."""
        values = self(feature.values)
        values[~feature.present] = 0
        return feature.with_values(values, f"{feature.encoder}/{self.fingerprint}")

"""Projection: what every reduction learns, a centre and a matrix."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from prismrec.data.features import Feature
from prismrec.errors import BadData, BadModel
from prismrec.types import Floats

__all__ = ["Projection", "pack", "unpack"]


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


def pack(learnt: Mapping[str, Projection]) -> bytes:
    """The projections of several modalities as the bytes of a safetensors file."""
    arrays = {}
    for name, projection in learnt.items():
        arrays[f"{name}/centre"] = projection.centre
        if projection.matrix is not None:
            arrays[f"{name}/matrix"] = np.ascontiguousarray(projection.matrix)
    units = {name: projection.unit for name, projection in learnt.items()}
    return bytes(save(arrays, metadata={"unit": json.dumps(units)}))


def unpack(path: Path) -> dict[str, Projection]:
    """What `pack` wrote to a file.

    Raises:
        BadModel: where the file is damaged or is another.
    """
    try:
        with safe_open(path, framework="np") as file:
            units = json.loads((file.metadata() or {})["unit"])
            names = set(file.keys())
            return {
                name: Projection(
                    file.get_tensor(f"{name}/centre"),
                    file.get_tensor(f"{name}/matrix") if f"{name}/matrix" in names else None,
                    unit,
                )
                for name, unit in units.items()
            }
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise BadModel(f"{path}: holds no projections ({error}); fit the model again") from None

"""Ready vectors of a shop: features/NAME.npy, row k being row k of the items table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.shop import Problem
from prismrec.errors import BadData
from prismrec.types import Floats, Ints

__all__ = ["as_feature", "load_vectors"]


def load_vectors(paths: dict[str, Path]) -> dict[str, Floats]:
    """Read the vectors of each modality, (n, d) float32.

    Raises:
        BadData: for a file that is no table of numbers, and where two disagree on n.
    """
    vectors = {name: _load(path) for name, path in paths.items()}
    if len({len(matrix) for matrix in vectors.values()}) > 1:
        sizes = ", ".join(f"{paths[name].name} {len(vectors[name])}" for name in vectors)
        raise BadData(f"ready features differ in their number of rows: {sizes}; make them agree")
    return vectors


def as_feature(
    vectors: Floats, path: Path, *, rows: Ints, n: int
) -> tuple[Feature, tuple[Problem, ...]]:
    """Choose the rows that are used and pad to n; rows of zeros and NaN rows are absent."""
    values = np.zeros((n, vectors.shape[1]), np.float32)
    values[: len(rows)] = vectors[rows]
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    feature = Feature.of(values, np.asarray(values.any(axis=1)))
    if not len(bad):
        return feature, ()
    what = f"row {int(rows[bad[0]])} (the first is 0) is not finite"
    remedy = "compute it anew; until then it counts as absent"
    return feature, (Problem(f"features/{path.name}", None, what, remedy, len(bad)),)


def _load(path: Path) -> Floats:
    try:
        vectors = np.load(path)
    except (ValueError, OSError, EOFError) as error:
        raise BadData(
            f"features/{path.name}: not a plain .npy file ({error}); save it anew"
        ) from None
    if not isinstance(vectors, np.ndarray) or vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        shape = getattr(vectors, "shape", "several arrays")
        raise BadData(
            f"features/{path.name}: needs numbers of shape (items, dimensions), not {shape}"
        )
    return vectors.astype(np.float32)

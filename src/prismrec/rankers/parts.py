"""Part: one relation between items, and what it says about a history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from prismrec.errors import BadModel
from prismrec.rankers.growing import appended
from prismrec.types import Csr, Floats, Ints

__all__ = ["Part", "parts_from_arrays", "parts_to_arrays"]

DENSE_ITEMS = 8192  # up to here a crowded relation is multiplied as a dense matrix, 256 MiB
MOST_INT32 = np.iinfo(np.int32).max
CROWDED = 1 / 32  # share of entries from which the dense product is the faster one


@dataclass(frozen=True, eq=False)
class Part:
    """How much having used item i speaks for item j, by one reason.

    The relation is (n_items, n_items), past item x item. It is given as `weights`, or as
    `left @ right.T`, which never becomes a matrix.

    Raises:
        BadModel: where neither or both forms are given, or a shape does not fit.
    """

    name: str  # the reason, such as "used together" or "looks alike"
    modality: str  # "behaviour", or the modality that the relation was made from
    weights: Csr | Floats | None = None  # (n_items, n_items)
    left: Floats | None = None  # (n_items, r) of past items
    right: Floats | None = None  # (n_items, r) of items

    def __post_init__(self) -> None:
        if (self.left is None) != (self.right is None) or (self.weights is None) == (
            self.left is None
        ):
            raise BadModel(f"part {self.name!r} needs either weights or both left and right")
        shapes = [a.shape for a in (self.left, self.right) if a is not None]
        if len(set(shapes)) > 1 or len(self.given.shape) != 2:
            raise BadModel(f"part {self.name!r} has left and right of shapes {shapes}")
        if self.weights is not None and self.weights.shape != (self.n_items, self.n_items):
            raise BadModel(f"part {self.name!r} has weights {self.weights.shape}, not n x n")

    @property
    def given(self) -> Csr | Floats:
        """`weights`, or `left` where it is low-rank."""
        given = self.left if self.weights is None else self.weights
        assert given is not None
        return given

    @property
    def n_items(self) -> int:
        """Number of items that it relates."""
        return int(self.given.shape[0])

    @cached_property
    def _fast(self) -> Csr | Floats:
        weights = self.given
        if isinstance(weights, np.ndarray) or self.n_items > DENSE_ITEMS:
            return weights
        return weights.toarray() if weights.nnz > CROWDED * self.n_items**2 else weights

    def apply(self, history: Csr) -> Floats:
        """(n, n_items) float32 `history @ relation`, history being (n, n_items)."""
        if self.right is not None:
            return np.asarray((history @ self.given) @ self.right.T, np.float32)
        weights = self._fast
        if not isinstance(weights, np.ndarray):
            history = _with_places_of(history, weights)
        out = history @ weights
        return np.asarray(out.toarray() if sparse.issparse(out) else out, np.float32)

    def between(self, past: Ints, item: int) -> Floats:
        """(h,) entries of the relation from h past items to one item."""
        rows = self.given[past]
        if self.right is not None:
            return np.asarray(rows @ self.right[item], np.float32)
        if isinstance(rows, np.ndarray):
            return np.asarray(rows[:, item], np.float32)
        return np.asarray(rows[:, [item]].toarray(), np.float32)[:, 0]

    def extended(self, n: int) -> Part:
        """The same relation with n new items that nothing is known about."""
        if n == 0:
            return self
        if self.left is not None and self.right is not None:
            nothing = np.zeros((n, self.left.shape[1]), np.float32)
            left, right = appended(self.left, nothing), appended(self.right, nothing)
            return Part(self.name, self.modality, left=left, right=right)
        if isinstance(self.weights, np.ndarray):
            return Part(self.name, self.modality, np.pad(self.weights, ((0, n), (0, n))))
        weights = self.given
        assert not isinstance(weights, np.ndarray)
        offsets = np.pad(weights.indptr, (0, n), mode="edge")
        entries = (weights.data, weights.indices, offsets)
        total = self.n_items + n
        return Part(self.name, self.modality, sparse.csr_array(entries, shape=(total, total)))


def parts_to_arrays(parts: Sequence[Part]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Flat arrays and the names of parts, for saving."""
    arrays: dict[str, Any] = {}
    for row, part in enumerate(parts):
        for name in ("weights", "left", "right"):
            if (value := getattr(part, name)) is not None:
                arrays[f"parts.{row}.{name}"] = _narrow(value)
    return arrays, [{"name": part.name, "modality": part.modality} for part in parts]


def parts_from_arrays(
    arrays: Mapping[str, Any], names: Sequence[Mapping[str, str]]
) -> tuple[Part, ...]:
    """The parts that `parts_to_arrays` took apart."""
    return tuple(
        Part(
            given["name"],
            given["modality"],
            *(_narrow(arrays.get(f"parts.{row}.{name}")) for name in ("weights", "left", "right")),
        )
        for row, given in enumerate(names)
    )


def _with_places_of(small: Csr, large: Csr) -> Csr:
    """A matrix with places of the type that another has; a product would change the larger one."""
    dtype = large.indices.dtype
    places = small.indices.astype(dtype, copy=False), small.indptr.astype(dtype, copy=False)
    return sparse.csr_array((small.data, *places), shape=small.shape)


def _narrow(array: Any) -> Any:
    """A sparse relation with places of 4 bytes where they suffice; anything else as it is."""
    if not isinstance(array, sparse.csr_array) or max(array.nnz, *array.shape) > MOST_INT32:
        return array
    places = array.indices.astype(np.int32), array.indptr.astype(np.int32)
    return sparse.csr_array((array.data, *places), shape=array.shape)

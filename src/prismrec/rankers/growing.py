"""Arrays and relations that grow by a few rows at a time, without being copied each time."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from scipy import sparse

from prismrec.types import Csr, Floats

__all__ = ["appended", "bordered"]

SPARE = 1 / 32  # of the rows, kept free behind them
LEAST = 64  # rows kept free at least
LOCK = threading.Lock()


class Roomy(np.ndarray[Any, Any]):
    """An array with free rows at its end; who holds a view of the used ones never sees them."""

    used: int


def appended(array: Floats, rows: Floats) -> Floats:
    """An array with rows after its own; `array` itself stays as it is.

    The first time all is copied, into an array with room to spare. Later the rows are put there:
    where the free room is used up, or `array` has been appended to before, all is copied again.
    """
    if not len(rows):
        return array
    n, total = len(array), len(array) + len(rows)
    with LOCK:
        room: Any = array.base
        if not (
            isinstance(room, Roomy)
            and (room.used, room.dtype) == (n, array.dtype)
            and room.__array_interface__["data"] == array.__array_interface__["data"]
            and len(room) >= total
        ):
            room = Roomy((total + LEAST + int(n * SPARE), *array.shape[1:]), array.dtype)
            room[:n] = array
        room[n:total] = rows
        room.used = total
    return np.ndarray((total, *array.shape[1:]), array.dtype, buffer=room)


def bordered(relation: Csr, near: Csr) -> Csr:
    """(n + m, n + m) relation of n items with m new ones, which know of n items and these of them.

    Args:
        relation: (n, n).
        near: (m, n) what speaks for the old items where a new one was used, and the reverse.
    """
    m, n = near.shape
    columns = sparse.csr_array(near.T)
    counts = np.diff(columns.indptr)
    ends = np.repeat(relation.indptr[1:].astype(np.int64), counts)  # a new column is a row's last
    indices = _inserted(relation.indices, ends, columns.indices + n, near.indices)
    data = _inserted(relation.data, ends, columns.data, near.data)
    longer = relation.indptr + np.concatenate([[0], counts.cumsum()])
    offsets = np.concatenate([longer, longer[-1] + near.indptr[1:]])
    offsets = offsets.astype(relation.indptr.dtype)
    return sparse.csr_array((data, indices, offsets), shape=(n + m, n + m))


def _inserted(old: Any, ends: Any, values: Any, behind: Any) -> Any:
    """`old` with each value before its place of `ends`, which never fall, and more behind all."""
    out = np.empty(len(old) + len(values) + len(behind), old.dtype)
    places, first = np.unique(ends, return_index=True)
    starts = [0, *places.tolist()]
    stops = [*places.tolist(), len(old)]
    for start, stop, shift in zip(starts, stops, [*first.tolist(), len(ends)], strict=True):
        out[start + shift : stop + shift] = old[start:stop]
    out[ends + np.arange(len(ends))] = values
    out[len(out) - len(behind) :] = behind
    return out

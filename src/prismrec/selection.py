"""The k best columns of each row, exactly and in about two passes over the scores."""

from __future__ import annotations

import numpy as np

from prismrec.types import Floats, Ints

__all__ = ["best"]


def best(scores: Floats, k: int) -> tuple[Ints, Floats]:
    """Columns and scores of the k largest entries of each row, best first.

    Args:
        scores: (n, m) without NaN; -inf is an ordinary, smallest value.
        k: 1 to m.

    Returns:
        (n, k) columns and (n, k) scores; among equal scores the lower column comes first.
    """
    n, m = scores.shape
    bound = _bound(scores, k)[:, None]
    mask = scores > bound
    above = np.flatnonzero(mask)  # few: fewer than k chunks reach above the bound
    np.equal(scores, bound, out=mask)
    level = np.flatnonzero(mask)  # may be many; only the first k of a row can count
    starts = np.arange(n + 1) * m
    first = np.searchsorted(above, starts)
    flat = scores.reshape(-1)
    sorted_above = above[np.lexsort((-flat[above], above // m))]  # stable: lower columns first
    place = np.arange(k)
    beyond = place - np.diff(first)[:, None]  # (n, k) < 0 where an entry above the bound goes
    places = np.empty((n, k), np.int64)
    places[beyond < 0] = sorted_above[(first[:-1, None] + place)[beyond < 0]]
    from_level = np.searchsorted(level, starts[:-1])[:, None] + beyond
    places[beyond >= 0] = level[from_level[beyond >= 0]]
    return places - starts[:-1, None], flat[places]


def _bound(scores: Floats, k: int) -> Floats:
    """(n,) a value that at least k entries of the row reach, close to the k-th largest.

    The k-th largest of chunk maxima: k chunks hold at least one entry each that reaches it.
    """
    n, m = scores.shape
    chunks = max(8 * k, 64)
    depth = m // chunks
    if depth < 2:
        return np.partition(scores, -k, axis=1)[:, -k]
    head = scores[:, : chunks * depth].reshape(n, depth, chunks)  # strided chunks: neighbours part
    maxima: Floats = head.max(axis=1)
    return np.partition(maxima, -k, axis=1)[:, -k]

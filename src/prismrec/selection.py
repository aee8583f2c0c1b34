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
    mask = scores >= bound
    crowded = np.count_nonzero(mask) > 8 * n * k
    places = _without_surplus(scores, bound, k) if crowded else np.flatnonzero(mask)
    flat = scores.reshape(-1)
    starts = np.arange(n)[:, None] * m
    order = np.lexsort((-flat[places], places // m))  # stable: among equals lower columns first
    chosen = places[order[np.searchsorted(places, starts) + np.arange(k)]]
    return chosen - starts, flat[chosen]


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


def _without_surplus(scores: Floats, bound: Floats, k: int) -> Ints:
    """Sorted places of the entries above the bound and of the first k of each row that equal it."""
    n, m = scores.shape
    above = np.flatnonzero(scores > bound)
    level = np.flatnonzero(scores == bound)
    first = np.searchsorted(level, np.arange(n + 1) * m)
    nth = first[:-1, None] + np.arange(k)
    return np.sort(np.concatenate([above, level[nth[nth < first[1:, None]]]]))

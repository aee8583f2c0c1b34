"""The k best columns of each row, exactly and in little more than one pass over the scores."""

from __future__ import annotations

import numpy as np

from prismrec.types import Bools, Floats, Ints

__all__ = ["best"]

DEPTH = 8  # scores of one chunk
LOWEST = np.finfo(np.float32).min
COLUMN = (1 << 32) - 1  # the bits of a key that hold its column


def best(scores: Floats, k: int) -> tuple[Ints, Floats]:
    """Columns and scores of the k largest entries of each row, best first.

    Only chunks whose maximum reaches a bound are looked into. The bound is met by k chunks, so that
    no entry below it can be among the k largest.

    Args:
        scores: (n, m); NaN counts as the lowest finite number, -inf is below it.
        k: 1 to m.

    Returns:
        (n, k) columns and (n, k) scores; among equal scores the lower column comes first.
    """
    n, m = scores.shape
    width = m // DEPTH
    if width < 4 * k or scores.dtype != np.float32:
        scores = _without_nan(scores)
        return _sorted(scores, k, np.partition(scores, -k, axis=1)[:, -k])
    maxima = scores[:, : width * DEPTH].reshape(n, DEPTH, width).max(axis=1)
    tail = scores[:, width * DEPTH :]
    if np.isnan(maxima.max(initial=LOWEST)) or np.isnan(tail).any():  # a maximum hands NaN on
        return best(_without_nan(scores), k)
    bound = _bound(maxima, k)
    chunks = np.flatnonzero(maxima >= bound[:, None])
    rows = chunks // width
    crowded = np.bincount(rows, minlength=n) > 8 * k  # many equal scores
    if crowded.any():
        return _apart(scores, k, crowded, bound)
    places = (chunks + rows * (m - width))[:, None] + np.arange(DEPTH) * width
    values = scores.reshape(-1)[places]
    kept = np.flatnonzero(values >= bound[rows, None])
    rows, columns = rows[kept // DEPTH], places.reshape(-1)[kept]
    keys = _keys(values.reshape(-1)[kept], columns - rows * m)
    found = _packed(rows, keys, n, _keys(tail, np.arange(width * DEPTH, m)))
    found.sort(axis=1)
    columns = found[:, :k] & COLUMN
    return columns, np.take_along_axis(scores, columns, axis=1)


def _bound(maxima: Floats, k: int) -> Floats:
    """(n,) the k-th largest of at least 4 k maxima of larger chunks."""
    while (half := maxima.shape[1] // 2) >= 4 * k:  # strided chunks: neighbours part
        maxima = np.maximum(maxima[:, :half], maxima[:, half : 2 * half])
    bound: Floats = np.partition(maxima, -k, axis=1)[:, -k]
    return bound


def _keys(values: Floats, columns: Ints) -> Ints:
    """Integers that sort as the entries should: higher scores first, then lower columns."""
    bits = (values + np.float32(0)).view(np.int32)  # -0 becomes 0
    rising = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))  # negative floats sort backwards
    return (~rising).astype(np.int64) << 32 | columns


def _packed(rows: Ints, keys: Ints, n: int, tail: Ints) -> Ints:
    """(n, w) the keys of each row, sorted by row, then those of the tail; the rest is largest."""
    counts = np.bincount(rows, minlength=n)
    width = int(counts.max(initial=0))
    out = np.full((n, width + tail.shape[1]), np.iinfo(np.int64).max)
    out[:, :width][np.arange(width) < counts[:, None]] = keys
    out[:, width:] = tail
    return out


def _apart(scores: Floats, k: int, crowded: Bools, bound: Floats) -> tuple[Ints, Floats]:
    """`best`, with the crowded rows sorted in another way."""
    columns = np.empty((len(scores), k), np.int64)
    values = np.empty((len(scores), k), np.float32)
    columns[crowded], values[crowded] = _sorted(scores[crowded], k, bound[crowded])
    if not crowded.all():
        columns[~crowded], values[~crowded] = best(scores[~crowded], k)
    return columns, values


def _without_nan(scores: Floats) -> Floats:
    missing = np.isnan(scores)
    return np.where(missing, LOWEST, scores) if missing.any() else scores


def _sorted(scores: Floats, k: int, bound: Floats) -> tuple[Ints, Floats]:
    """`best` by a sort of all that reach a bound (n,), however many are equal."""
    n, m = scores.shape
    bound = bound[:, None]
    mask = scores >= bound
    crowded = np.count_nonzero(mask) > 8 * n * k
    places = _without_surplus(scores, bound, k) if crowded else np.flatnonzero(mask)
    flat = scores.reshape(-1)
    starts = np.arange(n)[:, None] * m
    order = np.lexsort((-flat[places], places // m))  # stable: among equals lower columns first
    chosen = places[order[np.searchsorted(places, starts) + np.arange(k)]]
    return chosen - starts, flat[chosen]


def _without_surplus(scores: Floats, bound: Floats, k: int) -> Ints:
    """Sorted places of the entries above the bound and of the first k of each row that equal it."""
    n, m = scores.shape
    above = np.flatnonzero(scores > bound)
    level = np.flatnonzero(scores == bound)
    first = np.searchsorted(level, np.arange(n + 1) * m)
    nth = first[:-1, None] + np.arange(k)
    return np.sort(np.concatenate([above, level[nth[nth < first[1:, None]]]]))

"""The best items of each row of a query, in blocks of bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.data.jagged import Jagged
from prismrec.rankers.query import Query, Ranker
from prismrec.selection import best
from prismrec.types import Floats, Ints

__all__ = ["TopK", "top_k"]

BLOCK = 1 << 20  # scores held at once: 4 MiB of float32, within the cache that cores share


@dataclass(frozen=True, eq=False)
class TopK:
    """The best items of each row; rows with fewer candidates are padded with -1 and -inf."""

    items: Ints  # (n, k) best first
    scores: Floats  # (n, k)


def top_k(
    ranker: Ranker, query: Query, k: int, *, exclude: Jagged | None = None, only: Ints | None = None
) -> TopK:
    """The k best items for each row of a query, in blocks of bounded memory.

    Args:
        ranker: any fitted model.
        query: n rows.
        k: how many to return.
        exclude: n rows of items never to return; the history where None.
        only: items that may be returned; all where None.

    Ties go to the lower row, or to the item that comes first in `only`. An item scored NaN
    comes after every other; one scored -inf is never returned.
    """
    exclude = query.history if exclude is None else exclude
    k = min(k, ranker.n_items)
    allowed = None if only is None else _distinct(only)
    hidden = _hidden(exclude, ranker.n_items, allowed)
    m = ranker.n_items if allowed is None else len(allowed)
    items = np.full((len(query), k), -1, np.int64)
    scores = np.full((len(query), k), -np.inf, np.float32)
    width = min(k, m)
    size = max(1, min(len(query), BLOCK // max(1, ranker.n_items)))
    buffer = np.empty((size, m), np.float32)  # fresh memory for each block costs more
    for start in range(0, len(query) if width else 0, size):
        rows = np.arange(start, min(start + size, len(query)), dtype=np.int64)
        given = ranker.score(query.take(rows))
        block = buffer[: len(rows)]
        np.copyto(block, given if allowed is None else given[:, allowed])
        places = hidden.values[hidden.offsets[start] : hidden.offsets[start + len(rows)]]
        block.reshape(-1)[places - start * m] = -np.inf
        found, scores[start : start + len(rows), :width] = best(block, width)
        items[start : start + len(rows), :width] = found if allowed is None else allowed[found]
    items[np.isneginf(scores)] = -1
    return TopK(items, scores)


def _distinct(items: Ints) -> Ints:
    """Each item once, where it comes first."""
    return items[np.sort(np.unique(items, return_index=True)[1])]


def _hidden(exclude: Jagged, n_items: int, allowed: Ints | None) -> Jagged:
    """Where the excluded items stand in the flat scores of all rows; m scores are a row."""
    if allowed is None:
        return Jagged(exclude.rows * n_items + exclude.values, exclude.offsets)
    column = np.full(n_items, -1, np.int64)
    column[allowed] = np.arange(len(allowed))
    columns = column[exclude.values]
    known = columns >= 0
    kept = np.concatenate([[0], known.cumsum()])[exclude.offsets]
    return Jagged((exclude.rows * len(allowed) + columns)[known], kept)

"""The best items of each row of a query, in blocks of bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.data.jagged import Jagged
from prismrec.rankers.query import Query, Ranker
from prismrec.selection import best
from prismrec.types import Floats, Ints

__all__ = ["TopK", "top_k"]

BLOCK = 1 << 21  # scores held at once: 8 MiB of float32, near the cache


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
    allowed = np.arange(ranker.n_items) if only is None else _distinct(only)
    column = np.full(ranker.n_items, -1, np.int64)  # where an item stands among the allowed
    column[allowed] = np.arange(len(allowed))
    items = np.full((len(query), k), -1, np.int64)
    scores = np.full((len(query), k), -np.inf, np.float32)
    width = min(k, len(allowed))
    size = max(1, min(len(query), BLOCK // max(1, ranker.n_items)))
    buffer = np.empty((size, len(allowed)), np.float32)  # fresh memory for each block costs more
    for start in range(0, len(query) if width else 0, size):
        rows = np.arange(start, min(start + size, len(query)), dtype=np.int64)
        given = ranker.score(query.take(rows))
        block = buffer[: len(rows)]
        np.copyto(block, given if only is None else given[:, allowed])
        if np.isnan(block.max()):  # a maximum hands NaN on
            block[np.isnan(block)] = np.finfo(np.float32).min
        out = exclude.take(rows)
        hidden = column[out.values]
        block[out.rows[hidden >= 0], hidden[hidden >= 0]] = -np.inf
        columns, scores[rows, :width] = best(block, width)
        items[rows, :width] = allowed[columns]
    items[np.isneginf(scores)] = -1
    return TopK(items, scores)


def _distinct(items: Ints) -> Ints:
    """Each item once, where it comes first."""
    return items[np.sort(np.unique(items, return_index=True)[1])]

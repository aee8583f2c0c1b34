"""The best items of each row of a query, in blocks of bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

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
    allowed = None if only is None else _distinct(only)
    hidden = _hidden(exclude, ranker.n_items, allowed)
    m = ranker.n_items if allowed is None else len(allowed)
    shape = len(query), min(k, ranker.n_items)
    found = TopK(np.full(shape, -1, np.int64), np.full(shape, -np.inf, np.float32))
    width = min(k, m)

    def select(start: int, given: Floats) -> None:
        stop = start + len(given)
        block = np.empty((len(given), m), np.float32)
        np.copyto(block, given if allowed is None else given[:, allowed])
        places = hidden.values[hidden.offsets[start] : hidden.offsets[stop]]
        block.reshape(-1)[places - start * m] = -np.inf
        columns, found.scores[start:stop, :width] = best(block, width)
        found.items[start:stop, :width] = columns if allowed is None else allowed[columns]

    size = max(1, BLOCK // max(1, ranker.n_items))
    starts = range(0, len(query) if width else 0, size)
    parts = zip(starts, query.blocks(size), strict=False)
    _each(((start, ranker.score(part)) for start, part in parts), select, n=len(starts))
    found.items[np.isneginf(found.scores)] = -1
    return found


def _each(
    tasks: Iterable[tuple[int, Floats]], do: Callable[[int, Floats], None], *, n: int
) -> None:
    """Do each of n tasks, by as many threads as BLAS may use; tasks are made in this thread."""
    threads = min(n, _threads() if n > 1 else 1)
    if threads < 2:
        for task in tasks:
            do(*task)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[None]] = deque()
        for task in tasks:
            waiting.append(pool.submit(do, *task))
            if len(waiting) > threads:  # scores that wait take memory
                waiting.popleft().result()
        for last in waiting:
            last.result()


def _threads() -> int:
    """What OMP_NUM_THREADS, `threadpool_limits` or the number of cores leaves to a product."""
    known = [lib["num_threads"] for lib in _libraries().info() if lib["user_api"] == "blas"]
    return max(known, default=1)


@cache  # looking for libraries takes as long as a thousand lists
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


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

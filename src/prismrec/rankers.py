"""What a fitted model is: a Query in, a score per item out.

`ItemWeights` is linear in the history, so strangers are served at once and every score is an
exact sum over parts and past items. `Towers` is a dot product of user and item vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.jagged import Jagged
from prismrec.selection import best
from prismrec.types import Csr, Floats, Ints

__all__ = ["Query", "Ranker", "TopK", "top_k"]

BLOCK = 1 << 22  # scores held at once by top_k: 16 MiB of float32, near the cache


@dataclass(frozen=True, eq=False)
class Query:
    """Whom to recommend to."""

    users: Ints  # (n,) rows known in training, -1 for a stranger
    history: Jagged  # items that each has used, oldest first; may be empty
    weight: Floats | None = None  # aligned with history.values; None means 1 each
    time: Ints | None = None  # aligned with history.values, seconds; None where unknown

    @classmethod
    def of(cls, data: Dataset, users: Ints | None = None) -> Query:
        """Known users of a data set with their logs as history (everybody where None)."""
        users = np.arange(data.n_users, dtype=np.int64) if users is None else users
        histories, rows = data.interactions.histories(data.n_users)
        rows = rows[histories.positions(users)]
        time = data.interactions.time
        return cls(
            users,
            histories.take(users),
            data.interactions.weight[rows],
            None if time is None else time[rows],
        )

    @classmethod
    def strangers(cls, history: Jagged) -> Query:
        """People without a training row, known by their history alone."""
        return cls(np.full(len(history), -1, np.int64), history)

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Ints) -> Query:
        """The chosen rows."""
        places = self.history.positions(rows)
        return Query(
            self.users[rows],
            self.history.take(rows),
            None if self.weight is None else self.weight[places],
            None if self.time is None else self.time[places],
        )

    def blocks(self, size: int) -> Iterator[Query]:
        """Consecutive pieces of at most `size` rows."""
        for start in range(0, len(self), size):
            yield self.take(np.arange(start, min(start + size, len(self)), dtype=np.int64))

    def matrix(self, n_items: int, *, binary: bool = True) -> Csr:
        """(n, n_items) history matrix: 1 per item, or the summed weights."""
        out = self.history.to_csr(n_items, None if binary else self.weight)
        if binary:
            out.data = np.ones_like(out.data)
        return out


class Ranker(Protocol):
    """A fitted model."""

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        ...

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN where it has no opinion."""
        ...


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

    Ties go to the lower row. An item scored NaN comes after every other; one scored -inf is
    never returned.
    """
    exclude = query.history if exclude is None else exclude
    k = min(k, ranker.n_items)
    allowed = np.arange(ranker.n_items) if only is None else np.unique(only)
    column = np.full(ranker.n_items, -1, np.int64)  # where an item stands among the allowed
    column[allowed] = np.arange(len(allowed))
    items = np.full((len(query), k), -1, np.int64)
    scores = np.full((len(query), k), -np.inf, np.float32)
    width = min(k, len(allowed))
    size = max(1, BLOCK // max(1, ranker.n_items))
    for start in range(0, len(query) if width else 0, size):
        rows = np.arange(start, min(start + size, len(query)), dtype=np.int64)
        given = ranker.score(query.take(rows))
        block = np.array(given if only is None else given[:, allowed], dtype=np.float32)
        if np.isnan(block.max()):  # a maximum hands NaN on
            block[np.isnan(block)] = np.finfo(np.float32).min
        out = exclude.take(rows)
        hidden = column[out.values]
        block[out.rows[hidden >= 0], hidden[hidden >= 0]] = -np.inf
        columns, scores[rows, :width] = best(block, width)
        items[rows, :width] = allowed[columns]
    items[np.isneginf(scores)] = -1
    return TopK(items, scores)

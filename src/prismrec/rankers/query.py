"""What is asked of a fitted model, and what answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.jagged import Jagged
from prismrec.types import Csr, Floats, Ints

__all__ = ["Query", "Ranker"]

DAY = 86_400  # seconds


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
        """Consecutive pieces of at most `size` rows; their arrays are views."""
        for start in range(0, len(self), size):
            offsets = self.history.offsets[start : start + size + 1]
            events = slice(offsets[0], offsets[-1])
            yield Query(
                self.users[start : start + size],
                Jagged(self.history.values[events], offsets - offsets[0]),
                None if self.weight is None else self.weight[events],
                None if self.time is None else self.time[events],
            )

    def matrix(self, n_items: int, *, binary: bool = True, half_life: float | None = None) -> Csr:
        """(n, n_items) history matrix: 1 per item, or the summed weights.

        Args:
            n_items: size of the catalogue.
            binary: whether repeats and weights are left out of account.
            half_life: days before the person's latest item after which an item counts half.
        """
        out = self.history.to_csr(n_items, None if binary else self.weight)
        if binary:
            out.data = np.ones_like(out.data)
        if half_life is not None and self.time is not None:
            fading = self.history.to_csr(n_items, self._freshness(self.time, half_life))
            count = self.history.to_csr(n_items)
            out.data *= fading.data / count.data
        return out

    def _freshness(self, time: Ints, half_life: float) -> Floats:
        latest = np.full(len(self), np.iinfo(np.int64).min)
        np.maximum.at(latest, self.history.rows, time)
        age = (latest[self.history.rows] - time) / (DAY * half_life)
        return np.asarray(np.exp2(-age), np.float32)


class Ranker(Protocol):
    """A fitted model."""

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        ...

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN where it has no opinion."""
        ...

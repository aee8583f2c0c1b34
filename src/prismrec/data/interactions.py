"""Interactions: what people did, as four aligned columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import sparse

from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.types import Bools, Csr, Floats, Ints

__all__ = ["EVENT_WEIGHTS", "Interactions"]

EVENT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"view": 1.0, "click": 1.0, "play": 1.0, "cart": 2.0, "like": 3.0, "buy": 5.0, "dislike": 0.0}
)


@dataclass(frozen=True, eq=False)
class Interactions:
    """A log: row k says that user `users[k]` used item `items[k]` with that weight and time."""

    users: Ints  # (n,) rows of the user vocabulary
    items: Ints  # (n,) rows of the item vocabulary
    weight: Floats  # (n,) strength of interest, > 0
    time: Ints | None = None  # (n,) seconds since 1970, None where the log has no times
    labels: Mapping[str, Ints] = field(default_factory=dict)  # column -> 0 train, 1 valid, 2 test
    kind: npt.NDArray[np.int16] | None = None  # (n,) row k was a `kinds[kind[k]]`
    kinds: tuple[str, ...] = ()  # names of events; empty where the log has none

    def __post_init__(self) -> None:
        optional = [len(column) for column in (self.time, self.kind) if column is not None]
        labels = [len(column) for column in self.labels.values()]
        if {len(self.users), len(self.items), len(self.weight), *optional, *labels} != {len(self)}:
            raise BadData("the columns of a log must have the same length")

    @classmethod
    def of(cls, users: Ints, items: Ints, *, time: Ints | None = None) -> Interactions:
        """A log of unit weights."""
        users, items = np.asarray(users, np.int64), np.asarray(items, np.int64)
        return cls(users, items, np.ones(len(users), np.float32), time)

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Ints | Bools) -> Interactions:
        """The chosen rows, all columns."""
        return Interactions(
            self.users[rows],
            self.items[rows],
            self.weight[rows],
            None if self.time is None else self.time[rows],
            {name: column[rows] for name, column in self.labels.items()},
            None if self.kind is None else self.kind[rows],
            self.kinds,
        )

    def concatenated(self, other: Interactions) -> Interactions:
        """This log followed by another; times, labels and kinds stay only where both have them."""
        time = kind = None
        if self.time is not None and other.time is not None:
            time = np.concatenate([self.time, other.time])
        if self.kind is not None and other.kind is not None and self.kinds == other.kinds:
            kind = np.concatenate([self.kind, other.kind])
        labels = {
            name: np.concatenate([column, other.labels[name]])
            for name, column in self.labels.items()
            if name in other.labels
        }
        return Interactions(
            np.concatenate([self.users, other.users]),
            np.concatenate([self.items, other.items]),
            np.concatenate([self.weight, other.weight]),
            time,
            labels,
            kind,
            () if kind is None else self.kinds,
        )

    def matrix(self, n_users: int, n_items: int, *, binary: bool = True) -> Csr:
        """(n_users, n_items) sparse matrix: 1 per used pair, or the summed weights."""
        shape = (n_users, n_items)
        out = sparse.csr_array((self.weight, (self.users, self.items)), shape=shape)
        out.sum_duplicates()
        if binary:
            out.data = np.ones_like(out.data)
        return out.astype(np.float32)

    def in_time_order(self) -> Ints:
        """(n,) row order, oldest first; the order of the log where it has no times."""
        if self.time is None:
            return np.arange(len(self), dtype=np.int64)
        return np.argsort(self.time, kind="stable")

    def histories(self, n_users: int) -> tuple[Jagged, Ints]:
        """What each user used, oldest first, and the log row of each value."""
        order = self.in_time_order()
        rows = Jagged.group(self.users[order], order, n_users)
        return Jagged(self.items[rows.values], rows.offsets), rows.values

"""People: what everybody used, from the shop's log and from what the server was told."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prismrec.data.interactions import EVENT_WEIGHTS
from prismrec.data.shop import Shop
from prismrec.data.sources.settings import read_settings
from prismrec.errors import UnknownName
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.values import Event
from prismrec.types import Bools, Doubles, Floats, Ints

__all__ = ["Past", "People"]

DISLIKE, SKIP = "dislike", "skip"
PASSING = ("view", "click", "play")  # do not take back a dislike


@dataclass(frozen=True, eq=False)
class Past:
    """What somebody used, oldest first."""

    rows: Ints  # (h,) of the catalogue
    weight: Floats  # (h,)
    time: Ints | None  # (h,) seconds; None where the log has none
    told: Bools  # (h,) whether the server was told of it, rather than the shop's log
    hidden: Ints  # rows that were disliked, in none of the above

    @property
    def live(self) -> int:
        """How many came after the start."""
        return int(self.told.sum())

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, rows: Ints) -> Past:
        """A history without times."""
        n = len(rows)
        told = np.ones(n, bool)
        return cls(rows, np.ones(n, np.float32), None, told, np.empty(0, np.int64))

    def then(self, rows: Ints) -> Past:
        """This past, and what is said to have been used just now."""
        n = len(rows)
        time = self.time
        if time is not None:
            latest = time[-1] if len(time) else 0
            time = np.concatenate([time, np.full(n, latest)])
        return Past(
            np.concatenate([self.rows, rows]),
            np.concatenate([self.weight, np.ones(n, np.float32)]),
            time,
            np.concatenate([self.told, np.ones(n, bool)]),
            np.setdiff1d(self.hidden, rows),
        )


class _Told(NamedTuple):
    row: int
    weight: float
    time: int
    event: str


class People:
    """Histories by user; safe to use from several threads."""

    def __init__(self, shop: Shop, catalogue: Catalogue) -> None:
        log = shop.interactions
        self._catalogue = catalogue
        self._known = shop.user_ids
        histories, order = log.histories(len(shop.user_ids))
        self._offsets, self._rows = histories.offsets, histories.values
        self._weight = log.weight[order]
        self._time = None if log.time is None else log.time[order]
        self._told: dict[str, list[_Told]] = {}
        self._lock = threading.Lock()
        self._weights = {**EVENT_WEIGHTS, **_said(shop)}
        used = np.bincount(log.items, minlength=len(shop.item_ids))
        self._used: Doubles = used.astype(np.float64)

    @classmethod
    def of(cls, shop: Shop, catalogue: Catalogue) -> People:
        """Everybody of the shop's log; the first rows of the catalogue are the shop's items."""
        return cls(shop, catalogue)

    def take(self, event: Event) -> None:
        """Remember an event; the next answer knows of it.

        Raises:
            UnknownName: for an item that never was in the catalogue, and a kind of event that
                there is none of.
        """
        row = self._catalogue.rows.get(event.item)
        if row is None:
            raise UnknownName(f"no item is called {event.item!r}; post it before its events")
        if event.event != SKIP and event.event not in self._weights:
            known = ", ".join([*self._weights, SKIP])
            raise UnknownName(f"no event is called {event.event!r}; there are {known}")
        if event.event == SKIP:
            return
        weight = self._weights[event.event] if event.weight is None else event.weight
        if event.event != DISLIKE and not weight > 0:
            return
        with self._lock:
            if event.event != DISLIKE:
                if row >= len(self._used):
                    self._used = np.pad(self._used, (0, max(64, row + 1 - len(self._used))))
                self._used[row] += 1
            self._told.setdefault(event.user, []).append(
                _Told(row, weight, event.time, event.event)
            )

    def history(self, user: str) -> Past:
        """What somebody used; empty for whoever is not known.

        A dislike takes an item out of the history and hides it, until it is liked or bought.
        """
        rows, weight, time = self._logged(user)
        told = list(self._told.get(user, ()))
        was = np.zeros(len(rows), bool)
        hidden = np.empty(0, np.int64)
        if not told:
            return Past(rows, weight, time, was, hidden)
        told.sort(key=lambda each: each.time)
        hidden = _hidden(told)
        used = [each for each in told if each.event != DISLIKE]
        rows = np.concatenate([rows, np.array([each.row for each in used], np.int64)])
        weight = np.concatenate([weight, np.array([each.weight for each in used], np.float32)])
        was = np.concatenate([was, np.ones(len(used), bool)])
        if time is not None:
            time = np.concatenate([time, np.array([each.time for each in used], np.int64)])
        order = np.arange(len(rows)) if time is None else np.argsort(time, kind="stable")
        order = order[~np.isin(rows[order], hidden)]
        time = None if time is None else time[order]
        return Past(rows[order], weight[order], time, was[order], hidden)

    def users(self) -> list[tuple[str, int]]:
        """Everybody with the number of their events: those of the log, then new ones."""
        counts = np.diff(self._offsets).tolist()
        told = {user: len(each) for user, each in list(self._told.items())}
        known = [(user, n + told.pop(user, 0)) for user, n in zip(self._known, counts, strict=True)]
        return known + list(told.items())

    def used(self, n: int) -> Doubles:
        """(n,) how many events each of the first n rows of the catalogue has."""
        used = self._used
        return np.pad(used[:n], (0, max(0, n - len(used))))

    def _logged(self, user: str) -> tuple[Ints, Floats, Ints | None]:
        row = self._known.rows.get(user)
        events = slice(0, 0) if row is None else slice(*self._offsets[row : row + 2])
        time = None if self._time is None else self._time[events]
        return self._rows[events], self._weight[events], time


def _said(shop: Shop) -> dict[str, float]:
    """Weights of events that the owner of the shop set."""
    return dict(read_settings(shop.path).events) if shop.path.is_dir() else {}


def _hidden(told: list[_Told]) -> Ints:
    """Rows whose latest opinion is a dislike."""
    disliked = {}
    for each in told:
        if each.event == DISLIKE:
            disliked[each.row] = True
        elif each.event not in PASSING:
            disliked[each.row] = False
    return np.array(sorted(row for row, so in disliked.items() if so), np.int64)

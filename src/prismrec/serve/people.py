"""People: what everybody used, from the shop's log and from what the server was told."""

from __future__ import annotations

import threading
from array import array
from dataclasses import dataclass

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
USED, LIKED, DISLIKED = 0.0, 1.0, 2.0  # what an event says
FIELDS = 4  # of an event in memory: row, weight, time, what it says
LONGEST = 1 << 53  # seconds: a float holds every whole number up to here


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
        self._told: dict[str, array[float]] = {}
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
        says = DISLIKED if event.event == DISLIKE else USED if event.event in PASSING else LIKED
        if says != DISLIKED and not 0 < weight < np.inf:
            return
        time = min(max(event.time, -LONGEST), LONGEST)
        with self._lock:
            if says != DISLIKED:
                if row >= len(self._used):
                    self._used = np.pad(self._used, (0, max(64, row + 1 - len(self._used))))
                self._used[row] += 1
            self._told.setdefault(event.user, array("d")).extend((row, weight, time, says))

    def history(self, user: str) -> Past:
        """What somebody used; empty for whoever is not known.

        A dislike takes an item out of the history and hides it, until it is liked or bought.
        """
        rows, weight, time = self._logged(user)
        with self._lock:
            raw = self._told[user].tobytes() if user in self._told else b""
        told = np.frombuffer(raw).reshape(-1, FIELDS)
        told = told[np.argsort(told[:, 2], kind="stable")]
        hidden = _hidden(told)
        used = told[told[:, 3] != DISLIKED]
        rows = np.concatenate([rows, used[:, 0].astype(np.int64)])
        weight = np.concatenate([weight, used[:, 1].astype(np.float32)])
        was = np.arange(len(rows)) >= len(rows) - len(used)
        if time is not None:
            time = np.concatenate([time, used[:, 2].astype(np.int64)])
        order = np.arange(len(rows)) if time is None else np.argsort(time, kind="stable")
        order = order[~np.isin(rows[order], hidden)]
        time = None if time is None else time[order]
        return Past(rows[order], weight[order], time, was[order], hidden)

    def users(self) -> list[tuple[str, int]]:
        """Everybody with the number of their events: those of the log, then new ones."""
        counts = np.diff(self._offsets).tolist()
        told = {user: len(each) // FIELDS for user, each in list(self._told.items())}
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


def _hidden(told: Doubles) -> Ints:
    """Rows whose latest opinion is a dislike; `told` is in order of time."""
    opinions = told[told[:, 3] != USED][::-1]
    rows, latest = np.unique(opinions[:, 0], return_index=True)
    hidden: Ints = rows[opinions[latest, 3] == DISLIKED].astype(np.int64)
    return hidden

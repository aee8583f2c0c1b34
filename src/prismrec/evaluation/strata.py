"""An evaluation taken apart: for whom a model works, and which items it finds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.evaluation import leaks
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.result import Evaluation, intervals
from prismrec.types import Bools, Doubles, Ints

__all__ = ["Stratum", "pool", "strata"]


@dataclass(frozen=True, eq=False)
class Stratum:
    """One group of users or items, and what was measured on it alone."""

    by: str  # "user activity", "user history", "item popularity" or "item history"
    name: str  # such as "light", "heavy", "tail", "new"
    detail: str  # the limits of the group in words: "2 to 9 items"
    n_relevant: int  # pairs to be found in it
    users: Ints  # (n,) rows of those who are in it, or have something to find in it
    per_user: Mapping[str, Doubles]  # metric -> (n,)
    metrics: Mapping[str, Interval]  # the means of these

    @property
    def n_users(self) -> int:
        """Number of users that the means are over; below some 30 the intervals are too narrow."""
        return len(np.unique(self.users))

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        return {
            "by": self.by,
            "name": self.name,
            "detail": self.detail,
            "n_users": self.n_users,
            "n_relevant": self.n_relevant,
            "metrics": {name: value._asdict() for name, value in self.metrics.items()},
        }

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {value}" for name, value in self.metrics.items())
        return f"{self.by}: {self.name} ({self.detail}), {self.n_users} users: {figures}"


class _Grouping(NamedTuple):
    by: str
    names: tuple[str, ...]
    details: tuple[str, ...]
    group: Ints  # (n,) number of the group of each user or item


class _Found(NamedTuple):
    """The pairs to be found and those that were, all by row of the evaluation."""

    row: Ints  # (p,)
    item: Ints  # (p,)
    hits: Mapping[int, tuple[Ints, Ints]]  # k -> rows and items that were found


def strata(
    evaluation: Evaluation,
    *,
    train: Dataset,
    test: Dataset,
    only: Ints | None = None,
    seed: int = 0,
) -> tuple[Stratum, ...]:
    """Take an evaluation apart by activity of users and by popularity of items.

    - user activity: users without a train item are "new", the others "light", "medium" and
      "heavy", a third of them each by number of distinct train items.
    - user history: "new" against "known".
    - item popularity: items that nobody used in train are "new"; the most used that together make
      up a third of the train pairs are "head", the next third "mid", the last "tail".
    - item history: "new" against "known".

    A group of users has every metric of the evaluation. A group of items has recall over the
    relevant items in it: the mean over users who have such an item, so the groups do not add up to
    the figure of all. Equal counts stay together; groups without users are left out, and so are
    "new against known" where all are one of both.

    Args:
        evaluation: of one run, not pooled (pool the strata instead).
        train: the log that was `seen`.
        test: the log that was to be found.
        only: the candidates, as `evaluate` had them.
        seed: of the bootstrap.

    Raises:
        BadData: where the evaluation is not one of these logs and candidates.
    """
    found = _found(evaluation, train, test, only)
    used, support = _items_of(train)[evaluation.users], train.item_support()
    by_user = [_activity(used), _history(used, "user")]
    by_item = [_popularity(support), _history(support, "item")]
    out = [s for way in by_user for s in _of_users(evaluation, found, way, seed)]
    out += [s for way in by_item for s in _of_items(evaluation, found, way, seed)]
    alone = [s.by for s in out]
    return tuple(s for s in out if "history" not in s.by or alone.count(s.by) > 1)


def pool(runs: Sequence[Sequence[Stratum]], *, seed: int = 0) -> tuple[Stratum, ...]:
    """The strata of several runs as one, such as one run per seed; the rows of a user go together.

    Groups of one name are joined, so that their limits may differ from run to run; `detail` is that
    of the first.
    """
    by_name: dict[tuple[str, str], list[Stratum]] = {}
    for stratum in (s for run in runs for s in run):
        by_name.setdefault((stratum.by, stratum.name), []).append(stratum)
    return tuple(
        _stratum(
            (by, name, same[0].detail, sum(s.n_relevant for s in same)),
            np.concatenate([s.users for s in same]),
            {m: np.concatenate([s.per_user[m] for s in same]) for m in same[0].per_user},
            seed,
        )
        for (by, name), same in by_name.items()
    )


def _stratum(
    head: tuple[str, str, str, int], users: Ints, per_user: Mapping[str, Doubles], seed: int
) -> Stratum:
    return Stratum(*head, users, per_user, intervals(per_user, users, seed=seed))


def _found(evaluation: Evaluation, train: Dataset, test: Dataset, only: Ints | None) -> _Found:
    """What was to be found, as `evaluate` defines it."""
    again = leaks.repeats(test, train)
    log = test.interactions
    wanted = ~again & (log.weight > 0)
    if only is not None:
        wanted &= np.isin(log.items, only)
    pairs = np.unique(log.users[wanted] * test.n_items + log.items[wanted])
    if not np.array_equal(np.unique(pairs // test.n_items), evaluation.users):
        raise BadData(
            "this evaluation is of other users than these logs have: give `strata` the train, test "
            "and `only` of the run, and of a single run"
        )
    row = np.searchsorted(evaluation.users, pairs // test.n_items)
    sizes = sorted({int(m.partition("@")[2]) for m in evaluation.metrics if re.search(r"@\d+$", m)})
    hits = {}
    for k in sizes:
        rows, places = np.nonzero(evaluation.hits[:, :k])
        hits[k] = rows, evaluation.items[rows, places]
    return _Found(row, pairs % test.n_items, hits)


def _of_users(run: Evaluation, found: _Found, way: _Grouping, seed: int) -> list[Stratum]:
    relevant = np.bincount(way.group[found.row], minlength=len(way.names))
    out = []
    for number, (name, detail) in enumerate(zip(way.names, way.details, strict=True)):
        inside = way.group == number
        if inside.any():
            head = (way.by, name, detail, int(relevant[number]))
            per_user = {metric: values[inside] for metric, values in run.per_user.items()}
            out.append(_stratum(head, run.users[inside], per_user, seed))
    return out


def _of_items(run: Evaluation, found: _Found, way: _Grouping, seed: int) -> list[Stratum]:
    out = []
    for number, (name, detail) in enumerate(zip(way.names, way.details, strict=True)):
        relevant = _count(found.row[way.group[found.item] == number], run)
        inside = relevant > 0
        if inside.any():
            per_user = {
                f"recall@{k}": _count(rows[way.group[items] == number], run)[inside]
                / relevant[inside]
                for k, (rows, items) in found.hits.items()
            }
            head = (way.by, name, detail, int(relevant.sum()))
            out.append(_stratum(head, run.users[inside], per_user, seed))
    return out


def _count(rows: Ints, run: Evaluation) -> Ints:
    return np.bincount(rows, minlength=len(run.users))


def _items_of(log: Dataset) -> Ints:
    """(n_users,) number of distinct items that each user used."""
    return np.diff(log.matrix().indptr).astype(np.int64)


def _history(counts: Ints, side: str) -> _Grouping:
    whose = "items" if side == "user" else "users"
    names, details = ("new", "known"), (f"no {whose} in train", f"1 or more {whose} in train")
    return _Grouping(f"{side} history", names, details, (counts > 0).astype(np.int64))


def _activity(counts: Ints) -> _Grouping:
    """Thirds of the users that have a history."""
    ordered = np.sort(counts[counts > 0])
    ends = [-(-len(ordered) * part // 3) - 1 for part in (1, 2)]  # the last user of each third
    tops = [int(ordered[end]) if len(ordered) else 0 for end in ends]
    names = ("new", "light", "medium", "heavy")
    group = _above(counts, tops)
    return _Grouping("user activity", names, _ranges(counts, group, names, "items"), group)


def _popularity(support: Ints) -> _Grouping:
    """Thirds of the use: the most used items come first."""
    falling = np.sort(support)[::-1]
    used = falling.cumsum()
    head, mid = (int(falling[np.searchsorted(used, used[-1] * part / 3)]) for part in (1, 2))
    names = ("new", "tail", "mid", "head")
    group = _above(support, [mid - 1, head - 1])
    return _Grouping("item popularity", names, _ranges(support, group, names, "users"), group)


def _above(counts: Ints, tops: Sequence[int]) -> Ints:
    """(n,) 0 for a count of 0, then 1, and one more for each top that is passed."""
    passed: Bools = np.greater.outer(counts, np.asarray(tops))
    return np.where(counts == 0, 0, 1 + passed.sum(axis=1))


def _ranges(counts: Ints, group: Ints, names: Sequence[str], what: str) -> tuple[str, ...]:
    """What each group spans, such as "2 to 9 items"."""
    out = []
    for number in range(len(names)):
        inside = counts[group == number]
        low, high = (int(inside.min()), int(inside.max())) if len(inside) else (0, 0)
        out.append(f"{low} {what} in train" if low == high else f"{low} to {high} {what} in train")
    return tuple(out)

"""Which modality speaks for which users and items: single modalities, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from prismrec.data.dataset import Dataset
from prismrec.evaluation.agreement import behaviour
from prismrec.evaluation.clusters import clusters, spread
from prismrec.evaluation.interest import likes_of
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.result import Evaluation, intervals
from prismrec.evaluation.strata import strata
from prismrec.types import Csr, Doubles, Ints

__all__ = ["Voice", "voices"]

FEWEST = 30  # users below which a group is not reported
INTERESTS = 6  # groups by what people use
VALUES = 10  # of a column that are looked at, the most wanted first
WAYS = {"user activity": "ndcg", "item popularity": "recall"}  # strata that are looked at
LEAD = " lead"  # marks the column of differences


@dataclass(frozen=True)
class Voice:
    """How well each modality alone serves a group, and which serves it best."""

    by: str  # "user activity", "user interest", "item popularity", or a column of the items
    name: str
    detail: str  # what the group is, in words
    metric: str  # of users all that is to be found, of items recall of those in the group
    n_users: int  # that the means are over
    figures: Mapping[str, Interval]  # modality -> the metric with it alone, best first
    lead: Interval | None  # of the best over the next, paired by user; None where one is alone

    @property
    def best(self) -> str:
        """The modality with the highest figure."""
        return next(iter(self.figures))

    @property
    def clear(self) -> bool:
        """Whether the lead is more than chance."""
        return self.lead is not None and self.lead.low > 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        figures = {name: value._asdict() for name, value in self.figures.items()}
        lead = None if self.lead is None else self.lead._asdict()
        return {**vars(self), "best": self.best, "figures": figures, "lead": lead}


class _Group(NamedTuple):
    """A group as one modality serves it; users and metric are the same for all modalities."""

    by: str
    name: str
    detail: str
    metric: str
    users: Ints
    values: Doubles


def voices(
    runs: Mapping[str, Evaluation],
    *,
    train: Dataset,
    held_out: Dataset,
    names: Sequence[str] | None = None,
    columns: Mapping[str, Sequence[str | None]] | None = None,
) -> tuple[Voice, ...]:
    """Find the modality that serves each group best, where single modalities were evaluated.

    Users are grouped by activity, and by the interest that most of their train items belong to:
    six clusters of items by who used them. Items are grouped by popularity and by the values of
    columns; several values in a cell are told apart by | or ; or blanks. Groups with fewer than 30
    users to be served are left out. Nothing corrects for the number of groups: in twenty without
    any difference one "clear" lead is to be expected.

    Args:
        runs: modality -> evaluation of a model that knows this modality only.
        train: the log that was `seen`.
        held_out: the log that was measured.
        names: (n_items,) what a reader calls an item; identifiers where None.
        columns: name -> (n_items,) cells of the item table.
    """
    by_model = {
        name: _groups(run, train, held_out, (names or train.item_ids.ids, columns or {}))
        for name, run in runs.items()
    }
    first = next(iter(by_model.values()), [])
    out = []
    for place, group in enumerate(first):
        if len(np.unique(group.users)) >= FEWEST:
            out.append(_voice(group, {name: by_model[name][place].values for name in runs}))
    return tuple(out)


def _voice(group: _Group, values: Mapping[str, Doubles]) -> Voice:
    order = sorted(values, key=lambda name: (-float(values[name].mean()), name))
    table = {name: values[name] for name in order}
    if len(order) > 1:
        table[LEAD] = values[order[0]] - values[order[1]]
    found = intervals(table, group.users)
    lead = found.pop(LEAD, None)
    n_users = len(np.unique(group.users))
    return Voice(group.by, group.name, group.detail, group.metric, n_users, found, lead)


def _groups(
    run: Evaluation,
    train: Dataset,
    held_out: Dataset,
    words: tuple[Sequence[str], Mapping[str, Sequence[str | None]]],
) -> list[_Group]:
    k = run.items.shape[1]
    names, columns = words
    out = [
        _Group(s.by, s.name, s.detail, f"{metric}@{k}", s.users, s.per_user[f"{metric}@{k}"])
        for s in strata(run, train=train, test=held_out)
        if (metric := WAYS.get(s.by))
    ]
    labels = clusters(spread(behaviour(train)), INTERESTS)
    if (labels >= 0).any():
        out[_users_end(out) : _users_end(out)] = _interests(run, train, labels, names)
    for column, cells in columns.items():
        out += _by_column(run, train, held_out, (column, cells))
    return out


def _users_end(groups: Sequence[_Group]) -> int:
    return sum(group.by.startswith("user") for group in groups)


def _interests(run: Evaluation, train: Dataset, labels: Ints, names: Sequence[str]) -> list[_Group]:
    """Users by the cluster that most of their train items are in."""
    known, support = np.flatnonzero(labels >= 0), train.item_support()
    shape = train.n_items, int(labels.max()) + 1
    member = sparse.csr_array((np.ones(len(known)), (known, labels[known])), shape=shape)
    used = (train.matrix()[run.users] @ member).toarray()
    own = np.where(used.any(axis=1), used.argmax(axis=1), -1)
    metric = f"ndcg@{run.items.shape[1]}"
    out = []
    for number in range(shape[1]):
        inside = own == number
        popular = known[labels[known] == number]
        popular = popular[np.argsort(-support[popular], kind="stable")][:3]
        detail = "such as " + ", ".join(names[item] for item in popular)
        values = run.per_user[metric][inside]
        out.append(
            _Group("user interest", str(number + 1), detail, metric, run.users[inside], values)
        )
    return out


def _by_column(
    run: Evaluation,
    train: Dataset,
    held_out: Dataset,
    column: tuple[str, Sequence[str | None]],
) -> list[_Group]:
    """Items by the values of a column: recall of those that are to be found in each group."""
    seen, everything = train.matrix()[run.users], np.ones(train.n_items, bool)
    wanted, found = (
        likes_of(held_out, run.users, seen=seen, allowed=everything),
        _found(run, train.n_items),
    )
    named, member = _members(column[1])
    relevant, hits = (wanted @ member).toarray(), (found @ member).toarray()
    most = np.argsort(-relevant.sum(axis=0), kind="stable")[:VALUES]
    out = []
    for value in most:
        inside = relevant[:, value] > 0
        recall = hits[inside, value] / relevant[inside, value]
        detail = f"{int(member[:, [value]].sum())} items"
        metric = f"recall@{run.items.shape[1]}"
        out.append(_Group(column[0], named[value], detail, metric, run.users[inside], recall))
    return out


def _members(cells: Sequence[str | None]) -> tuple[list[str], Csr]:
    """Distinct values, and the (n_items, n_values) matrix of who has which."""
    split = [set((cell or "").replace("|", " ").replace(";", " ").split()) for cell in cells]
    named = sorted(set().union(*split))
    place = {name: number for number, name in enumerate(named)}
    rows = [(row, place[name]) for row, values in enumerate(split) for name in values]
    at = np.array(rows, np.int64).reshape(-1, 2)
    shape = len(cells), len(named)
    return named, sparse.csr_array((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=shape)


def _found(run: Evaluation, n_items: int) -> Csr:
    rows, places = np.nonzero(run.hits)
    ones = np.ones(len(rows), np.float32)
    return sparse.csr_array(
        (ones, (rows, run.items[rows, places])), shape=(len(run.users), n_items)
    )

"""Leave one out: how a score changes where a past item had not been used, for any ranker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.rankers import Query, Ranker
from prismrec.types import Bools, Doubles, Ints

__all__ = ["Removal", "kept", "leave_one_out", "past_items"]

BLOCK = 1 << 22  # scores held at once
NOISE = 1e-5  # of the largest score


@dataclass(frozen=True, eq=False)
class Removal:
    """How much less an item would score without each past item, in the units of the score.

    Unlike shares these do not add up to the score: two past items that say the same thing can
    stand in for each other, and then neither is missed alone.
    """

    item: int  # row of the item
    score: float
    by_item: tuple[tuple[int, float], ...]  # past item, what is lost without it; largest first


def leave_one_out(ranker: Ranker, query: Query, items: Sequence[int]) -> list[Removal]:
    """Score some items again without each past item in turn, in batches.

    The rest of the history stays as it is, in its order. A score of NaN, no opinion, counts as 0.

    Args:
        ranker: any fitted model.
        query: one person with h different past items; h + 1 rows are scored.
        items: rows of the items to explain.

    Raises:
        BadData: for more than one person, and where the history does not enter the scores at all,
            as for the known users of towers.
    """
    if len(query) != 1:
        raise BadData(f"one person is explained at a time, not {len(query)}")
    past = past_items(query)
    rows = np.asarray(items, np.int64)
    full = np.nan_to_num(ranker.score(query)[0].astype(np.float64))
    lost = np.zeros((len(past), len(rows)))
    noise = NOISE * float(np.abs(full).max(initial=0))  # one row and many are added up differently
    matters = not len(past)
    size = max(1, BLOCK // max(1, ranker.n_items))
    for start in range(0, len(past), size):
        keep = np.ones((min(size, len(past) - start), len(past)), bool)
        keep[np.arange(len(keep)), start + np.arange(len(keep))] = False
        scores = np.nan_to_num(ranker.score(kept(query, past, keep)).astype(np.float64))
        matters = matters or bool((np.abs(scores - full) > noise).any())
        lost[start : start + size] = full[rows] - scores[:, rows]
    if not matters and query.users[0] >= 0:
        raise BadData(
            f"the scores of {type(ranker).__name__} do not depend on the history of a known user, "
            "whose vector was learnt once; ask for a stranger with this history "
            "(Query.strangers(query.history), or --history ITEM,ITEM)"
        )
    return [
        Removal(int(item), float(full[item]), _falling(past, lost[:, column]))
        for column, item in enumerate(rows)
    ]


def past_items(query: Query) -> Ints:
    """(h,) distinct items of one person's history, by row."""
    return np.unique(query.history.values)


def kept(query: Query, past: Ints, keep: Bools) -> Query:
    """One person's history with only some of the past items, r times.

    Args:
        query: one person.
        past: (h,) distinct items of the history, sorted.
        keep: (r, h) which of them stay; all their events do, in the order they had.
    """
    place = np.searchsorted(past, query.history.values)
    stays = keep[:, place]  # (r, events)
    offsets = np.concatenate([[0], stays.sum(axis=1).cumsum()]).astype(np.int64)
    events = np.nonzero(stays)[1]
    return Query(
        np.repeat(query.users, len(keep)),
        Jagged(query.history.values[events], offsets),
        None if query.weight is None else query.weight[events],
        None if query.time is None else query.time[events],
    )


def _falling(past: Ints, lost: Doubles) -> tuple[tuple[int, float], ...]:
    order = np.argsort(-lost, kind="stable")
    return tuple((int(past[row]), float(lost[row])) for row in order)

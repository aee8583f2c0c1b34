"""Faithfulness: does an item fall when the past items that an explanation names are taken away?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec.explain.removal import kept, leave_one_out, past_items
from prismrec.explain.shares import explain
from prismrec.rankers import Query, Ranker, top_k
from prismrec.types import Bools, Doubles, Ints

__all__ = ["Curves", "Named", "by_removal", "by_shares", "deletion"]

STEPS = 10  # in which a history is taken away
ORDERS = 5  # random orders per person
FEWEST = 3  # past items; with fewer there is nothing to order

Named = Callable[[Any, Query, int], dict[int, float]]  # past item -> what it is said to add


@dataclass(frozen=True, eq=False)
class Curves:
    """How high a person's best item stands while the history is taken away, n people x steps.

    Place is the share of the items outside the history that the item beats; height is how many
    standard deviations of those items it lies above their mean. Both are free of the scale of the
    scores. Column 0 is the whole history; the last one is no history at all.
    """

    users: Ints  # (n,) rows of the query; people with fewer than 3 past items are left out
    place: dict[str, Doubles]  # "first", "random", "last": what is taken away first; (n, steps + 1)
    height: dict[str, Doubles]  # likewise

    def areas(self, order: str, *, measure: str = "place") -> Doubles:
        """(n,) mean height of a curve; the lower under "first", the more faithful.

        The area of "last" is that of insertion too: to add the most important item first is to
        take the least important one away first, read backwards; there higher is better.
        """
        curves: dict[str, Doubles] = getattr(self, measure)
        return np.asarray(curves[order].mean(axis=1))


def by_shares(ranker: Any, query: Query, item: int) -> dict[int, float]:
    """What each past item adds, for rankers that are a sum; see `explain`."""
    amounts: dict[int, float] = {}
    for past, _, amount in explain(ranker, query, item).by_item:
        amounts[past] = amounts.get(past, 0.0) + amount
    return amounts


def by_removal(ranker: Any, query: Query, item: int) -> dict[int, float]:
    """What is lost without each past item, for any ranker; see `leave_one_out`."""
    return dict(leave_one_out(ranker, query, [item])[0].by_item)


def deletion(ranker: Ranker, query: Query, named: Named, *, seed: int = 0) -> Curves:
    """Take each person's history away in the order of an explanation, its reverse, and at random.

    What is explained is the item that the ranker would recommend first. A score of NaN, no
    opinion, counts as 0.

    Args:
        ranker: any fitted model whose scores depend on the history.
        query: n people.
        named: `by_shares`, `by_removal`, or another explanation to judge.
        seed: of the random orders, five per person.

    Source: Petsiuk, Das and Saenko, "RISE", BMVC 2018 (arXiv 1806.07421), for deletion and
    insertion. Departures: past items instead of pixels; place and height instead of a probability.
    """
    best = top_k(ranker, query, 1).items[:, 0]
    rng = np.random.default_rng(seed)
    users: list[int] = []
    found: dict[str, list[tuple[Doubles, Doubles]]] = {"first": [], "random": [], "last": []}
    for row, item in enumerate(best.tolist()):
        one = query.take(np.array([row]))
        past = past_items(one)
        if len(past) < FEWEST or item < 0:
            continue
        said = named(ranker, one, item)
        order = np.argsort([-said.get(each, 0.0) for each in past.tolist()], kind="stable")
        orders = [order, order[::-1], *(rng.permutation(len(past)) for _ in range(ORDERS))]
        curves = _curves(ranker, one, item, [_stays(each) for each in orders])
        for name, rows in (
            ("first", slice(0, 1)),
            ("last", slice(1, 2)),
            ("random", slice(2, None)),
        ):
            found[name].append((curves[0][rows].mean(axis=0), curves[1][rows].mean(axis=0)))
        users.append(row)
    shape = (len(users), STEPS + 1)
    place, height = (
        {
            name: np.array([pair[at] for pair in pairs]).reshape(shape)
            for name, pairs in found.items()
        }
        for at in (0, 1)
    )
    return Curves(np.array(users, np.int64), place, height)


def _stays(order: Ints) -> Bools:
    """(steps + 1, h) which past items are left when they go in this order."""
    gone = np.round(np.linspace(0, len(order), STEPS + 1)).astype(np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[None, :] >= gone[:, None])


def _curves(ranker: Ranker, query: Query, item: int, stays: list[Bools]) -> tuple[Doubles, Doubles]:
    """(len(stays), steps + 1) place and height of an item."""
    past = past_items(query)
    scores = ranker.score(kept(query, past, np.concatenate(stays))).astype(np.float64)
    others = np.delete(np.nan_to_num(scores), [*past.tolist(), item], axis=1)
    own = np.nan_to_num(scores[:, item])[:, None]
    place = ((others < own).sum(axis=1) + (others == own).sum(axis=1) / 2) / others.shape[1]
    spread = np.maximum(others.std(axis=1), 1e-12)
    height = np.where(others.std(axis=1) > 0, (own[:, 0] - others.mean(axis=1)) / spread, 0.0)
    shape = (len(stays), STEPS + 1)
    return place.reshape(shape), height.reshape(shape)

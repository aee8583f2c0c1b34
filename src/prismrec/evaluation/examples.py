"""Examples: a few people, what they had used, and what each model would have shown them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec.data.shop import Shop
from prismrec.evaluation.result import Evaluation
from prismrec.evaluation.run import Result, Task
from prismrec.rankers import Query
from prismrec.types import Ints

__all__ = ["Example", "Shown", "examples"]

PEOPLE, PAST, LISTED = 4, 8, 10
LEAST = 3  # items in a history that one can learn something from by looking at it


@dataclass(frozen=True)
class Shown:
    """An item as a person would see it."""

    item: str  # identifier
    title: str
    picture: str | None = None  # path below the shop's folder
    hit: bool = False  # whether the person chose it in test


@dataclass(frozen=True)
class Example:
    """One person, drawn at random, and what each model would have shown them."""

    user: str
    history: tuple[Shown, ...]  # the latest first
    chosen: tuple[Shown, ...]  # what they went on to choose: some of the test items
    lists: Mapping[str, tuple[Shown, ...]]  # by model, best first

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {
            "user": self.user,
            "history": [vars(item) for item in self.history],
            "chosen": [vars(item) for item in self.chosen],
            "lists": {model: [vars(i) for i in items] for model, items in self.lists.items()},
        }


def examples(results: Sequence[Result], task: Task, shop: Shop) -> tuple[Example, ...]:
    """Show at most four people, drawn at random among those with three items of history or more.

    They are not picked by how good their lists are, so that the lists are what anybody gets.

    Args:
        results: runs on the task, one per model.
        task: what these were given; its users and items have the rows of the shop.
        shop: whose titles and pictures are shown.
    """
    runs = {r.model: r.evaluation for r in results if r.evaluation is not None}
    if not runs:
        return ()
    people = _people(next(iter(runs.values())), task)
    log = task.test.interactions
    out = []
    histories = Query.of(task.log, people).history
    for row, user in enumerate(people):
        history = histories[row]
        liked = log.items[(log.users == user) & (log.weight > 0)]
        chosen = np.setdiff1d(liked, history)
        past = list(dict.fromkeys(history[::-1].tolist()))[:PAST]
        lists = {model: _list_of(run, user) for model, run in runs.items()}
        out.append(
            Example(
                shop.user_ids[user],
                _shown(past, shop),
                _shown(chosen[:LISTED], shop),
                {model: _shown(items, shop, chosen) for model, items in lists.items()},
            )
        )
    return tuple(out)


def _people(run: Evaluation, task: Task) -> Ints:
    """Rows of the users to show, drawn with seed 0."""
    known = np.bincount(task.log.interactions.users, minlength=task.log.n_users)
    able = run.users[known[run.users] >= LEAST]
    return np.sort(np.random.default_rng(0).permutation(able)[:PEOPLE])


def _list_of(run: Evaluation, user: int) -> Ints:
    items = run.items[np.searchsorted(run.users, user), :LISTED]
    return items[items >= 0]


def _shown(items: Iterable[int], shop: Shop, chosen: Ints | None = None) -> tuple[Shown, ...]:
    pictures = shop.item_media["image"].values if "image" in shop.item_media else None
    wanted = set() if chosen is None else set(chosen.tolist())
    return tuple(
        Shown(
            shop.item_ids[item],
            shop.titles[item] if shop.titles else shop.item_ids[item],
            None if pictures is None else pictures[item],
            int(item) in wanted,
        )
        for item in items
    )

"""Lessons: what a fitted model would recommend to everybody, for a smaller one to learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.rankers import Query, Ranker
from prismrec.selection import best
from prismrec.types import Bools, Floats, Ints

__all__ = ["Lesson", "lessons"]

BLOCK = 1 << 21  # scores held at once: 8 MiB of float32, near the cache
NOTHING = np.float32(-np.inf)


@dataclass(frozen=True, eq=False)
class Lesson:
    """A teacher's list for each user, drawn from some of the items."""

    candidates: Ints  # (c,) items that the lists were drawn from
    items: Ints  # (n_users, k) best first; where wanted is 0 there is none
    wanted: Floats  # (n_users, k) how much each is wanted; a row sums to 1, or to 0 if it is empty


def lessons(
    teacher: Ranker, train: Dataset, *, depth: int, temperature: float
) -> tuple[list[Lesson], Bools]:
    """What the teacher recommends from the whole catalogue, and from the items nobody used yet.

    How much an item is wanted is a softmax over its list of the scores, which are first brought to
    mean 0 and deviation 1, since models differ in scale. What a user has used is on no list.

    Args:
        teacher: any fitted model.
        train: the log it was fitted on.
        depth: length k of the lists, shorter in a small catalogue.
        temperature: of the softmax; the lower, the more the first places count.

    Returns:
        One or two lessons, and (n_items,) of which items the teacher has an opinion.
    """
    new = np.flatnonzero(train.item_support() == 0)
    shelves = [np.arange(train.n_items), *([new] if len(new) > 1 else [])]
    depths = [min(depth, len(shelf)) for shelf in shelves]
    query, known = Query.of(train), np.zeros(train.n_items, bool)
    items = [np.zeros((train.n_users, k), np.int64) for k in depths]
    scores = [np.zeros((train.n_users, k), np.float32) for k in depths]
    size = max(1, BLOCK // max(1, train.n_items))
    for start in range(0, train.n_users, size):
        rows = np.arange(start, min(start + size, train.n_users))
        block = query.take(rows)
        given = np.array(teacher.score(block))
        known |= ~np.isnan(given).all(axis=0)
        given[np.isnan(given)] = NOTHING
        given[block.history.rows, block.history.values] = NOTHING
        for k, shelf, chosen, values in zip(depths, shelves, items, scores, strict=True):
            places, values[rows] = best(given if len(shelf) == len(known) else given[:, shelf], k)
            chosen[rows] = shelf[places]
    return _lessons(shelves, items, scores, temperature), known


def _lessons(
    shelves: Sequence[Ints], items: Sequence[Ints], scores: Sequence[Floats], temperature: float
) -> list[Lesson]:
    return [
        Lesson(shelf, chosen, _wanted(values, temperature))
        for shelf, chosen, values in zip(shelves, items, scores, strict=True)
    ]


def _wanted(scores: Floats, temperature: float) -> Floats:
    """(n, k) softmax of the finite scores of each row, once they have mean 0 and deviation 1."""
    there = np.isfinite(scores)
    n = np.maximum(there.sum(axis=1, keepdims=True), 1)
    values = np.where(there, scores, 0)
    centred = np.where(there, values - values.sum(axis=1, keepdims=True) / n, 0)
    spread = np.sqrt((centred**2).sum(axis=1, keepdims=True) / n)
    z = centred / np.maximum(spread, 1e-9)
    weight = np.where(there, np.exp((z - z.max(axis=1, keepdims=True)) / temperature), 0)
    return np.asarray(weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9), np.float32)

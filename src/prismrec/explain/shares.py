"""Exact explanations: a score taken apart into modality and past item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from prismrec.errors import BadData
from prismrec.rankers import Query, Shares, top_k
from prismrec.rankers.shares import Source
from prismrec.types import Floats, Ints

__all__ = ["POPULARITY", "Explanation", "drivers", "drivers_of", "explain", "explain_items"]

POPULARITY = "popularity"  # what is added for everybody
LIST = 20  # items that tell what drives somebody: in five of them one modality leads by chance
BLOCK = 1 << 21  # scores held at once


@runtime_checkable
class _Divisible(Protocol):
    @property
    def n_items(self) -> int: ...

    def score(self, query: Query) -> Floats: ...

    def shares(self, query: Query, items: Ints) -> list[Shares]: ...

    def contributions(self, query: Query) -> Iterator[tuple[Source, Floats]]: ...


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why one item got its score; every part is in the units of the score."""

    item: int  # row of the item
    score: float
    by_modality: dict[str, float]  # largest first, with "popularity"; adds up to the score
    by_item: tuple[tuple[int, str, float], ...]  # past item, modality, amount; largest first
    by_reason: dict[str, float]  # "looks alike", "used together", ...: largest first
    posted: dict[str, float]  # the part of by_modality that comes from what the user posted

    @property
    def first(self) -> str:
        """The modality that speaks most for the item, popularity left aside; "" if none does."""
        return _first(self.by_modality)


def explain(ranker: Any, query: Query, item: int) -> Explanation:
    """Take one score apart. See `explain_items`."""
    return explain_items(ranker, query, [item])[0]


def explain_items(ranker: Any, query: Query, items: Sequence[int]) -> list[Explanation]:
    """Take the scores of some items for one person apart, exactly.

    Args:
        ranker: a fitted model that is a sum over past items, such as prism, item-knn or ease.
        query: one person.
        items: rows of the items to explain.

    Raises:
        BadData: for a ranker whose scores are no such sum, and for more than one person.
    """
    ranker = _divisible(ranker)
    if len(query) != 1:
        raise BadData(f"one person is explained at a time, not {len(query)}")
    rows = np.asarray(items, np.int64)
    found = ranker.shares(query, rows)
    return [_told(int(item), each) for item, each in zip(rows, found, strict=True)]


def drivers(explained: Sequence[Explanation]) -> dict[str, float]:
    """Share of each modality in what speaks for a list of items, largest first; they sum to 1.

    Popularity is left aside, since it speaks of everybody; so is what speaks against an item.
    """
    total: dict[str, float] = defaultdict(float)
    for each in explained:
        for modality, amount in each.by_modality.items():
            if modality != POPULARITY:
                total[modality] += amount
    return _positive(total)


def drivers_of(ranker: Any, query: Query, *, k: int = LIST) -> list[dict[str, float]]:
    """What drives the recommendations of each person: `drivers` of the k best items.

    Args:
        ranker: as for `explain_items`.
        query: n people; they are taken in blocks.
        k: length of the list. Items that were used already are not in it.

    Raises:
        BadData: for a ranker whose scores are no sum over past items.
    """
    ranker = _divisible(ranker)
    found = []
    for block in query.blocks(max(1, BLOCK // max(1, ranker.n_items))):
        listed = top_k(ranker, block, k).items
        columns, there = np.maximum(listed, 0), listed >= 0
        total: dict[str, Floats] = {}
        for source, adds in ranker.contributions(block):
            amount = (np.take_along_axis(adds, columns, axis=1) * there).sum(axis=1)
            total[source.modality] = total.get(source.modality, np.float32(0)) + amount
        found += [
            _positive({name: float(amounts[row]) for name, amounts in total.items()})
            for row in range(len(block))
        ]
    return found


def _divisible(ranker: Any) -> _Divisible:
    if not isinstance(ranker, _Divisible):
        raise BadData(
            f"the scores of {type(ranker).__name__} are no sum over past items; explain prism, "
            "item-knn, ease, content-knn or popularity, or see what is lost without each past "
            "item (leave_one_out) and without each modality (media_game, refit_game)"
        )
    return ranker


def _positive(total: dict[str, float]) -> dict[str, float]:
    """Shares of what is above 0, which sum to 1; all 0 where nothing is."""
    positive = {name: max(0.0, amount) for name, amount in total.items()}
    whole = sum(positive.values()) or 1.0
    return _falling({name: amount / whole for name, amount in positive.items()})


def _told(item: int, shares: Shares) -> Explanation:
    modality: dict[str, float] = defaultdict(float)
    reason: dict[str, float] = defaultdict(float)
    posted: dict[str, float] = defaultdict(float)
    cells: dict[tuple[int, str], float] = defaultdict(float)
    for row, source in enumerate(shares.sources):
        amount = float(shares.values[row].sum() + shares.posted[row])
        modality[source.modality] += amount
        reason[source.name] += amount
        if shares.posted[row]:
            posted[source.modality] += float(shares.posted[row])
        for past, value in zip(shares.past, shares.values[row], strict=True):
            cells[int(past), source.modality] += float(value)
    if shares.rest:
        modality[POPULARITY] += shares.rest
    ordered = sorted(cells.items(), key=lambda cell: -cell[1])
    by_item = tuple((past, name, amount) for (past, name), amount in ordered if amount)
    by_modality = _falling(modality)
    return Explanation(item, shares.total, by_modality, by_item, _falling(reason), dict(posted))


def _falling(amounts: dict[str, float]) -> dict[str, float]:
    return dict(sorted(amounts.items(), key=lambda pair: -pair[1]))


def _first(amounts: dict[str, float]) -> str:
    names = [name for name, amount in amounts.items() if name != POPULARITY and amount > 0]
    return names[0] if names else ""

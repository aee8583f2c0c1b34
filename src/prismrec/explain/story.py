"""Story: what can be told of one recommendation, by whatever its ranker allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.explain.coalitions import media_game
from prismrec.explain.contrast import Contrast, contrast
from prismrec.explain.removal import leave_one_out
from prismrec.explain.shares import Explanation, explain_items
from prismrec.rankers import Query
from prismrec.rankers.content_towers import ContentTowers

__all__ = ["HISTORY", "Story", "tell"]

HISTORY = "history"  # the part of a past item where it cannot be divided by modality


@dataclass(frozen=True, eq=False)
class Story:
    """Why an item was recommended, and why not another one."""

    told: Explanation
    place: int  # of the item among those that the person has not used; 1 is best
    of: int  # how many these are
    exact: bool  # whether the past items add up to the score, or each says what is lost without it
    as_stranger: bool = False  # whether a known user was explained as somebody with that history
    against: Contrast | None = None  # the same of the other item


def tell(
    ranker: Any,
    query: Query,
    item: int,
    *,
    against: int | None = None,
    items: Mapping[str, Feature] | None = None,
) -> Story:
    """Explain an item exactly where the ranker is a sum, else by what is lost without each part.

    Where the history of a known user does not enter the scores, as in towers, the user is
    explained as a stranger with the same history.

    Args:
        ranker: any fitted model.
        query: one person.
        item: row of the item.
        against: row of an item to compare it with.
        items: modality -> features, with which content towers are also explained by modality.

    Raises:
        BadData: for more than one person, and for an item that the ranker has no opinion on.
    """
    if len(query) != 1:
        raise BadData(f"one person is explained at a time, not {len(query)}")
    rows = [item] if against is None else [item, against]
    exact, stranger = hasattr(ranker, "shares"), False
    if exact:
        told = explain_items(ranker, query, rows)
    else:
        query, stranger = _with_history(ranker, query, item)
        told = [_removed(ranker, query, row, items or {}) for row in rows]
    place, of = _place(ranker, query, item)
    other = None if against is None else contrast(told[0], told[1])
    return Story(told[0], place, of, exact, stranger, other)


def _with_history(ranker: Any, query: Query, item: int) -> tuple[Query, bool]:
    """The query, or that of a stranger where the history of the user does not matter."""
    try:
        leave_one_out(ranker, query, [item])
    except BadData:
        return replace(query, users=np.full(1, -1, np.int64)), True
    return query, False


def _removed(ranker: Any, query: Query, item: int, items: Mapping[str, Feature]) -> Explanation:
    (found,) = leave_one_out(ranker, query, [item])
    by_item = tuple((past, HISTORY, lost) for past, lost in found.by_item if lost)
    by_modality: dict[str, float] = {}
    readable = any(feature.present[item] for feature in items.values())
    if isinstance(ranker, ContentTowers) and readable:
        game = media_game(ranker, query, item, items=items)
        by_modality = dict(sorted(game.by_modality.items(), key=lambda pair: -pair[1]))
    return Explanation(item, found.score, by_modality, by_item, {}, {})


def _place(ranker: Any, query: Query, item: int) -> tuple[int, int]:
    scores = ranker.score(query)[0]
    if np.isnan(scores[item]):
        raise BadData(
            f"{type(ranker).__name__} has no opinion on item {item}: it has no history and no "
            "media that the model reads; recommend it by popularity, or fit again with its media"
        )
    left = np.setdiff1d(np.arange(len(scores)), query.history.values)
    return 1 + int((scores[left] > scores[item]).sum()), len(left)

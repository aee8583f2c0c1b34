"""Telling: why one item was recommended to somebody, and not another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.explain.account import account
from prismrec.explain.contrast import Contrast
from prismrec.explain.shares import Explanation
from prismrec.explain.story import Story
from prismrec.explain.story import tell as tell_story
from prismrec.rankers.content_towers import ContentTowers
from prismrec.serve.comparing import comparison
from prismrec.serve.live import Live, Whom
from prismrec.serve.now import Now
from prismrec.serve.recommending import whom_of
from prismrec.serve.values import Person
from prismrec.types import Ints

__all__ = ["Teller", "tell"]


class Teller:
    """Explains, and keeps what compares items until the catalogue or the model changes."""

    def __init__(self) -> None:
        self._evidence: tuple[object, Any] | None = None

    def __call__(
        self, now: Now, person: Person, item: str, *, against: str | None = None
    ) -> dict[str, Any]:
        """See `tell`."""
        live, catalogue = now.live, now.catalogue
        key = catalogue.revision, live.vectors, tuple(live.vectors.spaces.values())
        kept = self._evidence
        if kept is None or kept[0] != key:
            kept = self._evidence = key, comparison(live, catalogue)
        rows = catalogue.row(item), None if against is None else catalogue.row(against)
        whom = whom_of(now, person)
        story = _story(live, whom, rows[0], against=rows[1])
        place, of = _place(now, whom, rows[0])
        told = account(
            replace(story, place=place, of=of), catalogue.ids, catalogue.titles, evidence=kept[1]
        )
        return {"person": person.user, "version": live.version, **told}


TELLER = Teller()


def tell(now: Now, person: Person, item: str, *, against: str | None = None) -> dict[str, Any]:
    """What speaks for an item, for somebody, as plain values that JSON can hold.

    Raises:
        UnknownName: where there is no such item.
        BadData: for an item that the model has no opinion on.
    """
    return TELLER(now, person, item, against=against)


def _story(live: Live, whom: Whom, row: int, *, against: int | None) -> Story:
    """The story of an item, with rows of the catalogue."""
    asked = np.array([row] if against is None else [row, against])
    places = live.rows(asked)
    if (places < 0).any():
        raise BadData(
            "the model has no opinion on this item yet: it has no media that the model reads; "
            "give it some, or fit again"
        )
    features: Mapping[str, Feature] = {}
    if isinstance(live.ranker, ContentTowers):  # the only ones that are asked what media give
        known = live.vectors.take(live.catalogue_of)
        features = {name: known[name] for name in live.reads() if name in known}
    story = tell_story(
        whom.ranker,
        whom.query,
        int(places[0]),
        against=None if against is None else int(places[1]),
        items=features,
    )
    past = _past(live, whom)
    return replace(
        story,
        told=_told(story.told, row, past),
        against=_against(story.against, asked, past),
    )


def _past(live: Live, whom: Whom) -> dict[int, int]:
    """Row of the ranker -> row of the catalogue, for what somebody used."""
    rows = live.rows(whom.past.rows)
    return dict(zip(rows.tolist(), whom.past.rows.tolist(), strict=True))


def _told(told: Explanation, row: int, past: dict[int, int]) -> Explanation:
    return replace(told, item=row, by_item=_renamed(told.by_item, past))


def _against(found: Contrast | None, asked: Ints, past: dict[int, int]) -> Contrast | None:
    if found is None:
        return None
    one, other = asked.tolist()
    return replace(found, item=one, other=other, by_item=_renamed(found.by_item, past))


def _renamed(
    cells: tuple[tuple[int, str, float], ...], past: dict[int, int]
) -> tuple[tuple[int, str, float], ...]:
    return tuple((past[item], name, amount) for item, name, amount in cells if item in past)


def _place(now: Now, whom: Whom, row: int) -> tuple[int, int]:
    """Place of an item among those that may be recommended and were not used, and how many."""
    live = now.live
    allowed = now.catalogue.mask()
    allowed[whom.past.rows] = False
    allowed[whom.past.hidden] = False
    allowed[row] = True
    places = live.rows(np.flatnonzero(allowed).astype(np.int64))
    scores = whom.ranker.score(whom.query)[0]
    own = scores[live.rows(np.array([row]))[0]]
    return 1 + int((scores[places[places >= 0]] > own).sum()), len(places)

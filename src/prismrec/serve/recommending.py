"""Recommending: a list for one person or a group, and what speaks for each item of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.errors import BadData
from prismrec.selection import best
from prismrec.serve.diversity import alike, pool_of, spread_out
from prismrec.serve.groups import together
from prismrec.serve.held import hold, newcomers
from prismrec.serve.live import Live, Whom
from prismrec.serve.now import Now
from prismrec.serve.people import Past
from prismrec.serve.reasons import reasons
from prismrec.serve.steering import checked, steered
from prismrec.serve.values import Answer, Ask, Listed, Person
from prismrec.types import Bools, Doubles, Floats, Ints

__all__ = ["past_of", "recommend", "whom_of"]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows of the catalogue, best first."""

    rows: Ints  # (k,)
    scores: Floats  # (k,) finite
    by: str = "model"
    fresh: frozenset[int] = frozenset()  # rows at places that were held open


def recommend(now: Now, ask: Ask) -> Answer:
    """The best items for somebody, or for several people together.

    Items without an opinion of the model come last. Where it has none at all, on anybody asked
    for, the list is that of popularity.

    Raises:
        UnknownName: for an item of a history that is not in the catalogue.
        BadData: for a weight of a modality that there is none of, a filter by a column that there
            is none of, and numbers out of range.
    """
    _check(ask)
    live, catalogue, people = now.live, now.catalogue, now.people
    weights = checked(live, ask.weights)
    everybody = [whom_of(now, person) for person in ask.people]
    allowed = catalogue.mask(ask.where)
    for whom in everybody:
        allowed[whom.past.hidden[whom.past.hidden < len(allowed)]] = False
        if not ask.repeat:
            allowed[whom.past.rows[whom.past.rows < len(allowed)]] = False
    used = people.used(len(allowed))
    n = ask.offset + ask.k
    scores = together(
        np.stack([steered(live, whom, weights, used) for whom in everybody]), ask.together
    )
    found = _ranked(live, scores, allowed, used, pool_of(n) if ask.diversity else n)
    if ask.diversity:
        found = _spread(live, found, n, ask.diversity)
    if ask.fresh and found.by == "model":
        good = newcomers(live, everybody, ask, allowed)
        found = _held(live, scores, found, good=good, ask=ask)
    page = slice(ask.offset, n)
    rows = found.rows[page]
    told = reasons(now, everybody, rows, weights) if found.by == "model" else {}
    items = tuple(
        Listed(
            catalogue.ids[row],
            catalogue.titles[row],
            float(score),
            *told.get(row, ({}, ())),
            fresh=row in found.fresh,
        )
        for row, score in zip(rows.tolist(), found.scores[page], strict=True)
    )
    return Answer(items, live.version, found.by)


def past_of(now: Now, person: Person) -> Past:
    """What somebody used: the log, what the server was told, and the history that is given.

    Raises:
        UnknownName: for an item of the history that is not in the catalogue.
    """
    said = np.array([now.catalogue.row(name) for name in person.history], np.int64)
    if person.user is None:
        return Past.of(said)
    past = now.people.history(person.user)
    return past.then(said) if len(said) else past


def whom_of(now: Now, person: Person) -> Whom:
    """Somebody as the ranker is asked for them."""
    return now.live.whom(person.user, past_of(now, person))


def _check(ask: Ask) -> None:
    if not ask.people:
        raise BadData("nobody to recommend to; name a user or give a history")
    if ask.k < 1 or ask.offset < 0:
        raise BadData(f"k must be at least 1 and offset at least 0, not {ask.k}, {ask.offset}")
    for name in ("diversity", "fresh"):
        if not 0 <= getattr(ask, name) <= 1:
            raise BadData(f"{name} must be from 0 to 1, not {getattr(ask, name):g}")


def _ranked(live: Live, scores: Floats, allowed: Bools, used: Doubles, n: int) -> Ranked:
    """The n best of the rows that are allowed, by scores of the ranker's rows."""
    rows = np.flatnonzero(allowed).astype(np.int64)
    if not len(rows):
        return Ranked(rows, np.empty(0, np.float32))
    if np.isnan(scores).all():
        return _best(rows, used[rows].astype(np.float32), n, "popularity")
    places = live.rows(rows)
    found = np.where(places >= 0, scores[places], np.float32(np.nan)).astype(np.float32)
    return _best(rows, found, n, "model")


def _best(rows: Ints, scores: Floats, n: int, by: str) -> Ranked:
    columns, found = best(scores[None], min(n, len(rows)))
    floor = np.nanmin(scores) if not np.isnan(scores).all() else np.float32(0)
    values = np.where(np.isnan(found[0]), floor, found[0])
    values = np.maximum(values, floor)  # no opinion counts as the lowest number there is
    return Ranked(rows[columns[0]], values, by)


def _spread(live: Live, found: Ranked, n: int, diversity: float) -> Ranked:
    order = spread_out(found.scores, alike(live, found.rows), n, diversity)
    return Ranked(found.rows[order], found.scores[order], found.by)


def _held(
    live: Live, scores: Floats, found: Ranked, *, good: Sequence[tuple[int, int]], ask: Ask
) -> Ranked:
    """The list with places for items that came after the fit and are good by media alone."""
    if not good:
        return found
    listed = hold(found.rows.tolist(), good, ask.fresh)
    known = dict(zip(found.rows.tolist(), found.scores.tolist(), strict=True))
    new = [row for row in listed if row not in known]
    places = live.rows(np.array(new, np.int64))
    known |= dict(zip(new, scores[places].tolist(), strict=True))
    rows = np.array(listed, np.int64)
    values = np.array([known[row] for row in listed], np.float32)
    return Ranked(rows, values, found.by, frozenset(new))

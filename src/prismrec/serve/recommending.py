"""Recommending: a list for one person or a group, and what speaks for each item of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prismrec.errors import BadData
from prismrec.serve.candidates import Found, Wanted, candidates, first
from prismrec.serve.diversity import alike, pool_of, spread_out
from prismrec.serve.held import hold, newcomers
from prismrec.serve.live import Live, Whom
from prismrec.serve.now import Now
from prismrec.serve.people import Past
from prismrec.serve.reasons import reasons
from prismrec.serve.steering import checked
from prismrec.serve.values import Answer, Ask, Listed, Person
from prismrec.types import Bools, Floats, Ints

__all__ = ["past_of", "recommend", "whom_of"]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows of the catalogue, best first."""

    rows: Ints  # (k,)
    scores: Floats  # (k,) finite
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
    allowed = _allowed(now, everybody, ask)
    n = ask.offset + ask.k
    width = max(n, pool_of(n)) if ask.diversity else n
    used = people.used(len(allowed))
    wanted = Wanted(allowed, width, used, weights, ask.together)
    found = candidates(live, everybody, wanted)
    by = "popularity" if found.is_silent else "model"
    if found.is_silent:
        rows = np.flatnonzero(allowed).astype(np.int64)
        found = Found(rows, used[rows].astype(np.float32))
    ranked = _finite(first(found, width))
    if ask.diversity:
        ranked = _spread(live, ranked, n, diversity=ask.diversity)
    if ask.fresh and by == "model":
        ranked = _held(live, everybody, ranked, wanted=wanted, share=ask.fresh)
    page = slice(ask.offset, n)
    rows = ranked.rows[page]
    told = reasons(now, everybody, rows, weights=weights) if by == "model" else {}
    items = tuple(
        Listed(
            catalogue.ids[row],
            catalogue.titles[row],
            float(score),
            *told.get(row, ({}, ())),
            fresh=row in ranked.fresh,
        )
        for row, score in zip(rows.tolist(), ranked.scores[page], strict=True)
    )
    return Answer(items, live.version, by)


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


def _allowed(now: Now, everybody: Sequence[Whom], ask: Ask) -> Bools:
    """(n,) rows that may be returned to these people."""
    allowed = now.catalogue.mask(ask.where)
    for whom in everybody:
        passed = whom.past.hidden if ask.repeat else np.union1d(whom.past.hidden, whom.past.rows)
        allowed[passed[passed < len(allowed)]] = False
    return allowed


def _finite(found: Found) -> Ranked:
    """What has no opinion gets the lowest score that there is."""
    silent = np.isnan(found.scores)
    floor = found.scores[~silent].min() if not silent.all() else np.float32(0)
    return Ranked(found.rows, np.where(silent, floor, found.scores))


def _spread(live: Live, found: Ranked, n: int, *, diversity: float) -> Ranked:
    pool = min(len(found.rows), pool_of(n))
    chosen = spread_out(found.scores[:pool], alike(live, found.rows[:pool]), n, diversity=diversity)
    rest = np.setdiff1d(np.arange(len(found.rows)), chosen)
    order = np.concatenate([chosen, rest])[:n]
    return Ranked(found.rows[order], found.scores[order])


def _held(
    live: Live, everybody: Sequence[Whom], found: Ranked, *, wanted: Wanted, share: float
) -> Ranked:
    """The list with places for items that came after the fit and are good by media alone."""
    good = newcomers(live, everybody, wanted)
    if not good:
        return found
    listed = hold(found.rows.tolist(), good, share)
    known = dict(zip(found.rows.tolist(), found.scores.tolist(), strict=True))
    new = [row for row in listed if row not in known]
    if new:
        alone = np.zeros(len(wanted.allowed), bool)
        alone[new] = True
        scored = candidates(live, everybody, replace(wanted, allowed=alone, n=len(new)))
        known |= dict(zip(scored.rows.tolist(), scored.scores.tolist(), strict=True))
    scores = np.array([known[row] for row in listed], np.float32)
    return Ranked(np.array(listed, np.int64), scores, frozenset(new))

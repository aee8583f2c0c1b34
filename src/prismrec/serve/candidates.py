"""Candidates: which items a list is made from, with their scores; nothing else asks a ranker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.rankers import Mixture
from prismrec.selection import best
from prismrec.serve.groups import together
from prismrec.serve.live import Live, Whom
from prismrec.serve.steering import reweighed, steered
from prismrec.serve.values import Together
from prismrec.types import Bools, Doubles, Floats, Ints

__all__ = ["Found", "Wanted", "candidates", "first"]


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is looked for."""

    allowed: Bools  # (n,) rows of the catalogue that may be returned
    n: int  # how many of the best are needed
    used: Doubles  # (n,) events of each row
    weights: Mapping[str, float]  # of modalities, those that are not 1
    together: Together


@dataclass(frozen=True, eq=False)
class Found:
    """Rows of the catalogue and their scores."""

    rows: Ints  # (k,)
    scores: Floats  # (k,) NaN where the model has no opinion
    is_silent: bool = False  # whether it has none on any item


def candidates(live: Live, everybody: Sequence[Whom], wanted: Wanted) -> Found:
    """Allowed rows among which the best are: all of them, or of a large catalogue a short list."""
    return _drawn(live, everybody, wanted) or _all(live, everybody, wanted)


def first(found: Found, n: int) -> Found:
    """The n best, best first; ties go to the lower row, what has no opinion to the end."""
    if not len(found.rows):
        return found
    order, scores = best(found.scores[None], min(n, len(found.rows)))
    return Found(found.rows[order[0]], scores[0], found.is_silent)


def _all(live: Live, everybody: Sequence[Whom], wanted: Wanted) -> Found:
    rows = np.flatnonzero(wanted.allowed).astype(np.int64)
    several = [steered(live, whom, wanted.weights, used=wanted.used) for whom in everybody]
    scores = together(np.stack(several), wanted.together)
    places = live.rows(rows)
    known = np.where(places >= 0, scores[places], np.float32(np.nan))
    return Found(rows, known.astype(np.float32), bool(np.isnan(scores).all()))


def _drawn(live: Live, everybody: Sequence[Whom], wanted: Wanted) -> Found | None:
    """A short list; None where the whole catalogue must be ranked."""
    drawing = live.shortlist
    if drawing is None or (wanted.weights and not isinstance(live.ranker, Mixture)):
        return None
    of = live.catalogue_of
    only = (of >= 0) & wanted.allowed[np.maximum(of, 0)]
    lists = [
        drawing
        if whom.ranker is live.ranker and not wanted.weights
        else drawing.steered(reweighed(whom.ranker, wanted.weights))
        for whom in everybody
    ]
    if len(lists) == 1:
        places, scores = lists[0].scored(everybody[0].query, wanted.n, only)
    else:
        pairs = list(zip(lists, everybody, strict=True))
        drawn = [each(whom.query, wanted.n, only) for each, whom in pairs]
        places = np.unique(np.concatenate(drawn))
        if len(places):
            several = [each.score(whom.query, places) for each, whom in pairs]
            scores = together(np.stack(several), wanted.together)
    if not len(places):
        return None
    rows = of[places]
    if (missing := wanted.n - len(rows)) > 0:
        left = wanted.allowed.copy()
        left[rows] = False
        others = np.flatnonzero(left)[:missing]
        rows = np.concatenate([rows, others])
        scores = np.concatenate([scores, np.full(len(others), np.nan, np.float32)])
    return Found(rows, np.asarray(scores, np.float32))

"""Held: places of a list that are held open for items that came after the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prismrec.explain.shares import POPULARITY
from prismrec.serve.candidates import Wanted, candidates, first
from prismrec.serve.live import Live, Whom
from prismrec.serve.steering import modalities

__all__ = ["BEHAVIOUR", "hold", "newcomers"]

BEHAVIOUR = "behaviour"
LIST = 20  # places of a list by media alone in which a new item must stand


def hold(plain: Sequence[int], good: Sequence[tuple[int, int]], fresh: float) -> list[int]:
    """A list of the same length in which new items take every 1 / fresh-th place.

    A held place stays with the list where one of the places before it, back to the last held one,
    has a new item, and where no new item is good enough. A list begins as a shorter one does.

    Args:
        plain: rows, best first.
        good: rows of new items with their places by media alone, best first, see `newcomers`.
        fresh: share of the places, 0 to 1.
    """
    new = {row for row, _ in good}
    window = max(1, round(1 / fresh)) if fresh else 1
    out: list[int] = []
    taken: set[int] = set()
    waiting = iter(plain)
    latest = -len(plain)  # place of the latest new item
    due = 0.0
    for place in range(1, len(plain) + 1):
        due += fresh
        row = None
        if due >= 1 - 1e-9:
            due -= 1
            if window == 1 or place - latest >= window:
                fit = (row for row, at in good if row not in taken and at <= max(LIST, place))
                row = next(fit, None)
        if row is None:
            row = next(each for each in waiting if each not in taken)
        out.append(row)
        taken.add(row)
        latest = place if row in new else latest
    return out


def newcomers(live: Live, everybody: Sequence[Whom], wanted: Wanted) -> list[tuple[int, int]]:
    """New rows that stand in a list by media alone, each with its place there, best first.

    Only a sum over media and past items has them: others place a new item by its media anyway.
    """
    media = set(modalities(live)) - {BEHAVIOUR, POPULARITY}
    late = live.late
    if not media or not hasattr(live.ranker, "contributions") or not wanted.allowed[late].any():
        return []
    length = max(LIST, wanted.n)
    weights = {**wanted.weights, BEHAVIOUR: 0.0, POPULARITY: 0.0}
    alone = replace(wanted, weights=weights, n=length)
    found = first(candidates(live, everybody, alone), length)
    new = np.isin(found.rows, late) & (found.scores > 0)
    return [(int(found.rows[at]), int(at) + 1) for at in np.flatnonzero(new)]

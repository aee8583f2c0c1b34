"""Held: places of a list that are held open for items that came after the fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prismrec.explain.shares import POPULARITY
from prismrec.serve.groups import together
from prismrec.serve.live import Live, Whom
from prismrec.serve.steering import modalities, steered
from prismrec.serve.values import Ask
from prismrec.types import Bools, Floats, Ints

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
    out: list[int] = []
    waiting = iter(plain)
    since = 0.0  # held places that are due
    for place in range(1, len(plain) + 1):
        since += fresh
        if since >= 1 - 1e-9:
            since -= 1
            begun = max(0, place - 1 - max(1, round(1 / fresh) - 1))
            taken = set(out)
            fit = (row for row, at in good if row not in taken and at <= max(LIST, place))
            row = None if new & set(out[begun:]) and fresh < 1 else next(fit, None)
            if row is not None:
                out.append(row)
                continue
        out.append(next(row for row in waiting if row not in set(out)))
    return out


def newcomers(
    live: Live, everybody: Sequence[Whom], ask: Ask, allowed: Bools
) -> list[tuple[int, int]]:
    """New rows that stand in a list by media alone, each with its place there, best first.

    Only a sum over media and past items has them: others place a new item by its media anyway.
    """
    rows: Ints = np.flatnonzero(allowed).astype(np.int64)
    fresh = live.fresh(rows)
    media = set(modalities(live)) - {BEHAVIOUR, POPULARITY}
    if not fresh.any() or not media or not hasattr(live.ranker, "contributions"):
        return []
    alone = {**ask.weights, BEHAVIOUR: 0.0, POPULARITY: 0.0}
    by_media = [steered(live, whom, alone, np.zeros(0)) for whom in everybody]
    scores: Floats = together(np.stack(by_media), ask.together)
    places = live.rows(rows)
    found = np.where(places >= 0, scores[places], np.float32(np.nan))
    length = max(LIST, ask.offset + ask.k)
    found = np.where(found > 0, found, -np.inf)  # NaN too
    if length < len(rows):
        bound = np.partition(found, -length)[-length]
        rows, fresh, found = (each[found >= bound] for each in (rows, fresh, found))
    order = np.argsort(-found, kind="stable")
    order = order[np.isfinite(found[order])]
    return [(int(rows[at]), place) for place, at in enumerate(order, 1) if fresh[at]]

"""Reasons: the modalities through which an item is in a list, and the past items for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from prismrec.explain.shares import explain_items
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.live import Live, Whom
from prismrec.serve.now import Now
from prismrec.serve.values import Because
from prismrec.types import Ints

__all__ = ["reasons"]

MOST = 3  # past items that are named
LATEST = 100  # past items that are compared where the score is no sum
Cells = dict[tuple[int, str], float]  # past row of the catalogue, modality -> amount
Told = tuple[dict[str, float], tuple[Because, ...]]


def reasons(
    now: Now, everybody: Sequence[Whom], rows: Ints, weights: Mapping[str, float]
) -> dict[int, Told]:
    """Row of the catalogue -> shares by modality, and the past items that speak most.

    Where the score is a sum over past items these are its exact parts, times the weights; elsewhere
    the likeness of the vectors. An item of which nothing is known is left out.
    """
    live, catalogue = now.live, now.catalogue
    exact = hasattr(live.ranker, "shares")
    parts: dict[int, list[tuple[dict[str, float], Cells]]] = defaultdict(list)
    for whom in everybody:
        found = _summed(live, whom, rows) if exact else _alike(live, whom, rows)
        for row, each in found.items():
            parts[row].append(each)
    return {row: _told(catalogue, several, weights) for row, several in parts.items()}


def _summed(live: Live, whom: Whom, rows: Ints) -> dict[int, tuple[dict[str, float], Cells]]:
    places = live.rows(rows)
    has = places >= 0
    told = explain_items(live.ranker, whom.query, places[has].tolist())
    past = _past_of(live, whom)
    return {
        row: (
            each.by_modality,
            {(past[item], name): amount for item, name, amount in each.by_item if item in past},
        )
        for row, each in zip(rows[has].tolist(), told, strict=True)
    }


def _past_of(live: Live, whom: Whom) -> dict[int, int]:
    """Row of the ranker -> row of the catalogue, for what somebody used."""
    rows = live.rows(whom.past.rows)
    return dict(zip(rows.tolist(), whom.past.rows.tolist(), strict=True))


def _alike(live: Live, whom: Whom, rows: Ints) -> dict[int, tuple[dict[str, float], Cells]]:
    past = np.unique(whom.past.rows[-LATEST:])
    cells: dict[int, Cells] = {}
    for name, space in list(live.vectors.spaces.items()):
        cosines = space.units(rows) @ space.units(past).T
        for at, to in zip(*np.nonzero(cosines > 0), strict=True):
            of = cells.setdefault(int(rows[at]), {})
            of[int(past[to]), name] = float(cosines[at, to])
    out = {}
    for row, found in cells.items():
        total: dict[str, float] = defaultdict(float)
        for (_, name), amount in found.items():
            total[name] += amount
        out[row] = dict(total), found
    return out


def _told(
    catalogue: Catalogue,
    several: Sequence[tuple[dict[str, float], Cells]],
    weights: Mapping[str, float],
) -> Told:
    total: dict[str, float] = defaultdict(float)
    by_past: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for by_modality, cells in several:
        for name, amount in by_modality.items():
            total[name] += max(0.0, amount) * weights.get(name, 1.0)
        for (past, name), amount in cells.items():
            if amount > 0:
                by_past[past][name] += amount * weights.get(name, 1.0)
    whole = sum(total.values())
    if not whole > 0:
        return {}, ()
    shares = {name: amount / whole for name, amount in total.items() if amount > 0}
    order = sorted(by_past, key=lambda past: (-sum(by_past[past].values()), past))
    because = tuple(
        Because(
            catalogue.ids[past],
            catalogue.titles[past],
            max(by_past[past], key=lambda name: by_past[past][name]),
            min(1.0, sum(by_past[past].values()) / whole),
        )
        for past in order[:MOST]
        if sum(by_past[past].values()) > 0
    )
    return dict(sorted(shares.items(), key=lambda pair: -pair[1])), because

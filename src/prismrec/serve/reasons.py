"""Reasons: the modalities through which an item is in a list, and the past items for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.serve.adding import made_of
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.live import Live, Whom
from prismrec.serve.now import Now
from prismrec.serve.values import Because
from prismrec.types import Doubles, Floats, Ints

__all__ = ["Told", "reasons"]

MOST = 3  # past items that are named
LATEST = 100  # past items that are compared where the score is no sum
Told = tuple[dict[str, float], tuple[Because, ...]]


@dataclass(frozen=True, eq=False)
class Speaks:
    """What speaks for k items to one person: nothing here is below 0."""

    names: tuple[str, ...]  # (m,) modalities
    whole: Floats  # (m, k)
    past: Ints  # (h,) rows of the catalogue
    cells: Floats  # (m, h, k)


def reasons(
    now: Now, everybody: Sequence[Whom], rows: Ints, *, weights: Mapping[str, float]
) -> dict[int, Told]:
    """Row of the catalogue -> shares by modality, and the past items that speak most.

    Where the score is a sum over past items these are its exact parts, times the weights; elsewhere
    the likeness of the vectors, and an item of which nothing is known has none.
    """
    said = [_speaks(now.live, whom, rows, weights=weights) for whom in everybody]
    return {int(row): _told(now.catalogue, said, at) for at, row in enumerate(rows)}


def _speaks(live: Live, whom: Whom, rows: Ints, *, weights: Mapping[str, float]) -> Speaks:
    places = live.rows(rows)
    made = made_of(live, whom, np.maximum(places, 0))
    if made is None:
        return _alike(live, whom, rows, weights=weights)
    factor = np.array([weights.get(name, 1.0) for name in made.names], np.float32)
    factor = factor[:, None] * (places >= 0)
    named = dict(zip(live.rows(whom.past.rows).tolist(), whom.past.rows.tolist(), strict=True))
    return Speaks(
        made.names,
        np.maximum(made.values.sum(axis=1) + made.apart, 0) * factor,
        np.array([named[place] for place in made.past.tolist()], np.int64),
        np.maximum(made.values, 0) * factor[:, None],
    )


def _alike(live: Live, whom: Whom, rows: Ints, *, weights: Mapping[str, float]) -> Speaks:
    past = np.unique(whom.past.rows[-LATEST:])
    spaces = dict(live.vectors.spaces)
    cells = np.zeros((len(spaces), len(past), len(rows)), np.float32)
    for at, (name, space) in enumerate(spaces.items()):
        cosines = space.units(past) @ space.units(rows).T
        cells[at] = np.maximum(cosines, 0) * np.float32(weights.get(name, 1.0))
    return Speaks(tuple(spaces), cells.sum(axis=1), past, cells)


def _told(catalogue: Catalogue, said: Sequence[Speaks], at: int) -> Told:
    """Shares and past items of one item, over everybody asked for."""
    shares: dict[str, float] = defaultdict(float)
    by_past: dict[int, tuple[float, str]] = {}
    for each in said:
        if not each.names:
            continue
        for name, amount in zip(each.names, each.whole[:, at].tolist(), strict=True):
            shares[name] += amount
        amounts: Doubles = each.cells[:, :, at].sum(axis=0, dtype=np.float64)
        for place in np.argsort(-amounts, kind="stable")[:MOST].tolist():
            row = int(each.past[place])
            known = by_past.get(row, (0.0, ""))[0]
            name = each.names[int(each.cells[:, place, at].argmax())]
            by_past[row] = known + float(amounts[place]), name
    whole = sum(shares.values())
    if not whole > 0:
        return {}, ()
    order = sorted(by_past.items(), key=lambda pair: (-pair[1][0], pair[0]))
    because = tuple(
        Because(catalogue.ids[row], catalogue.titles[row], name, min(1.0, amount / whole))
        for row, (amount, name) in order[:MOST]
        if amount > 0
    )
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    return {name: amount / whole for name, amount in ordered if amount > 0}, because

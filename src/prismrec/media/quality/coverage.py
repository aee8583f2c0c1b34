"""Coverage: who has which modality, how much of the log falls on them, and whether that changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.data.shop import Shop
from prismrec.media.quality.finding import Case, Finding, finding, kind
from prismrec.media.quality.log import RECENT, recent
from prismrec.types import Bools, Ints

__all__ = ["Coverage", "coverage_findings", "coverage_of"]

LOW = 0.5
GAP = 0.1  # between a share of items and the share of events that falls on them
UNEQUAL = 2.0  # coverage of one modality to that of another
DIMS = 8.0  # length of one ready vector to that of another

NONE = kind(
    "coverage.none",
    "error",
    "modalities of which nothing can be used",
    will="the modality is left out",
    can="look at the findings on its files, and at the paths in the table",
)
FEW = kind(
    "coverage.low",
    "warning",
    "modalities that less than half of the rows have",
    will="masked: rows that lack it are scored by what they have",
    can="fill the gaps, or choose an imputation (`prismrec list imputations`)",
)
POPULAR = kind(
    "coverage.popular-lack",
    "warning",
    "what is used most has the modality less often",
    will="masked; behaviour speaks for popular items, so the harm is small until they are new",
    can="begin with the most used items when you fill the gaps",
)
UNREACHABLE = kind(
    "coverage.unreachable",
    "warning",
    "items without events and without any modality",
    will="never recommended, since nothing is known of them",
    can="give them a picture, a text or a sound, or take them out of the catalogue",
)
AMOUNT = kind(
    "balance.amount",
    "info",
    "modalities of very different coverage",
    will="each is weighed by how well it predicts held-out choices, where it is present",
    can="fill the rarer one, or do without it",
)
DIMENSIONS = kind(
    "balance.dimension",
    "info",
    "ready vectors of very different lengths",
    will="each modality is scaled to unit length, so that long vectors do not outshout short ones",
    can="reduce the longer ones (`prismrec list reductions`) to save time and memory",
)
DRIFT = kind(
    "drift.coverage",
    "warning",
    "what is used now has the modality less often than before",
    will="masked; new items without media start from nothing",
    can="look what changed in the import of new items",
)


@dataclass(frozen=True)
class Coverage:
    """How many of one side have one modality; shares from 0 to 1."""

    side: str  # "item" or "user"
    modality: str  # or the name of ready features, with "(ready)" where media have the same name
    named: float  # share of rows that the tables give one
    usable: float  # share of rows whose medium can be used
    by_events: float  # share of the log that falls on such rows


def coverage_of(shop: Shop, usable: Mapping[tuple[str, str], Bools]) -> list[Coverage]:
    """One entry for each modality of items and users; `usable` holds their masks, by side."""
    out = []
    sides = (("item", shop.item_media), ("user", shop.user_media))
    named = {(side, m): media.coverage for side, each in sides for m, media in each.items()}
    for (side, modality), mask in usable.items():
        rows = shop.interactions.items if side == "item" else shop.interactions.users
        share = float(mask.mean()) if len(mask) else 0.0
        by_events = float(mask[rows].mean()) if len(rows) else 0.0
        out.append(Coverage(side, modality, named.get((side, modality), share), share, by_events))
    return out


def coverage_findings(
    shop: Shop, usable: Mapping[tuple[str, str], Bools], coverage: list[Coverage]
) -> Iterator[Finding]:
    """What follows from coverage and its changes."""
    for each in coverage:
        yield from _of_one(each)
    log = shop.interactions
    items = {modality: mask for (side, modality), mask in usable.items() if side == "item"}
    if log.time is not None:
        newest = recent(log)
        for modality, mask in items.items():
            yield from _drift(modality, mask[log.items], newest)
    if items:
        yield from _unreachable(shop, items)
    yield from _amounts([each for each in coverage if each.side == "item"])
    yield from _dimensions(shop)


def _of_one(one: Coverage) -> Iterator[Finding]:
    events = f"{one.by_events:.1%} of events"
    found = []
    if one.usable == 0:
        found.append((NONE, f"{one.named:.0%} of {one.side}s name one"))
    elif one.usable < LOW:
        found.append((FEW, f"{one.usable:.1%} of {one.side}s, {events}"))
    if 0 < one.by_events < one.usable - GAP:
        found.append((POPULAR, f"{one.usable:.1%} of {one.side}s, but {events}"))
    for known, detail in found:
        yield finding(known, [Case(detail=detail)], side=one.side, modality=one.modality)


def _drift(modality: str, has: Bools, newest: Bools) -> Iterator[Finding]:
    if newest.all() or not newest.any():
        return
    before, after = float(has[~newest].mean()), float(has[newest].mean())
    if after < before - GAP:
        detail = f"{before:.1%} of older events, {after:.1%} of the newest {RECENT:.0%}"
        yield finding(DRIFT, [Case(detail=detail)], side="item", modality=modality)


def _unreachable(shop: Shop, items: Mapping[str, Bools]) -> Iterator[Finding]:
    used = np.bincount(shop.interactions.items, minlength=len(shop.item_ids)) > 0
    rows: Ints = np.flatnonzero(~used & ~np.any([*items.values()], axis=0))
    if len(rows):
        cases = [Case((shop.item_ids[int(row)],)) for row in rows]
        yield finding(UNREACHABLE, cases, side="item")


def _amounts(items: list[Coverage]) -> Iterator[Finding]:
    some = sorted((each for each in items if each.usable > 0), key=lambda each: each.usable)
    if len(some) > 1 and some[-1].usable >= UNEQUAL * some[0].usable:
        detail = ", ".join(f"{each.modality} {each.usable:.1%}" for each in reversed(some))
        yield finding(AMOUNT, [Case(detail=detail)], side="item")


def _dimensions(shop: Shop) -> Iterator[Finding]:
    dims = sorted((f.values.shape[1], name) for name, f in shop.item_features.items())
    if len(dims) > 1 and dims[-1][0] >= DIMS * dims[0][0]:
        detail = ", ".join(f"{name} {dim:,}" for dim, name in reversed(dims))
        yield finding(DIMENSIONS, [Case(detail=detail)], side="item")

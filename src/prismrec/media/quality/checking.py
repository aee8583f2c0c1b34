"""check: what a shop has, what it lacks, and what in it is broken; every file is decoded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from prismrec.data.shop import Media, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.media.load import loader
from prismrec.media.quality import texts
from prismrec.media.quality.coverage import coverage_findings, coverage_of
from prismrec.media.quality.files import Look, look_at_all
from prismrec.media.quality.finding import KINDS, SEVERITIES, Case, Finding, finding
from prismrec.media.quality.languages import foreign, languages_of, shares_of
from prismrec.media.quality.likes import THINGS, equal_files, equal_texts
from prismrec.media.quality.log import FEW, log_findings, moment
from prismrec.media.quality.reading import reading_findings
from prismrec.media.quality.report import CheckReport, Spread, spread_of
from prismrec.types import Bools

__all__ = ["check"]

Progress = Callable[[int, int, str], None]  # done, in all, of what
UNITS = {"image": "pictures, pixels", "audio": "sounds, seconds", "text": "texts, characters"}


def check(
    shop: Shop, *, progress: Progress = lambda done, total, what: None, now: float | None = None
) -> CheckReport:
    """Count what a shop has, decode every one of its files, and judge what is found.

    Files are decoded by one thread for each core, large ones one at a time. Of a sound the first
    minute is heard.

    Args:
        shop: what was read from disk.
        progress: called with how many files or texts are done, how many there are, and of what.
        now: seconds since 1970 beyond which an event lies in the future; by default the clock's.
    """
    found = [*reading_findings(shop), *log_findings(shop, now=time.time() if now is None else now)]
    usable: dict[tuple[str, str], Bools] = {}
    spreads = _log_spreads(shop)
    languages: dict[str, float] = {}
    for modality in UNITS:
        sides = _sides(shop, modality)
        judge = _texts if modality == "text" else _files
        for part in judge(shop, sides, modality, progress):
            found += part.findings
            usable[part.side, modality] = part.usable
            spreads += [part.spread] if part.spread else []
            languages = part.languages if part.side == "item" else languages
    for side, features in (("item", shop.item_features), ("user", shop.user_features)):
        for name, feature in features.items():
            usable[side, f"{name} (ready)" if (side, name) in usable else name] = feature.present
    coverage = coverage_of(shop, usable)
    found += coverage_findings(shop, usable, coverage)
    log = shop.interactions
    kinds = np.bincount(log.kind, minlength=len(log.kinds)).tolist() if log.kind is not None else []
    return CheckReport(
        shop.name,
        _counts(shop),
        tuple(coverage),
        tuple(spreads),
        {name: n for name, n in zip(log.kinds, kinds, strict=False) if n},
        None if log.time is None else (moment(int(log.time.min())), moment(int(log.time.max()))),
        languages,
        tuple(sorted(found, key=lambda each: (SEVERITIES.index(each.severity), -each.count))),
    )


@dataclass(frozen=True)
class _Side:
    name: str  # "item" or "user"
    ids: Vocabulary
    media: Media

    @property
    def owners(self) -> dict[str, list[str]]:
        """Identifiers of the rows that have each value."""
        out: dict[str, list[str]] = {}
        for name, value in zip(self.ids, self.media.values, strict=True):
            if value is not None:
                out.setdefault(value, []).append(name)
        return out


@dataclass(frozen=True, eq=False)
class _Part:
    side: str
    findings: list[Finding]
    usable: Bools  # (n,) by row
    spread: Spread | None
    languages: dict[str, float] = field(default_factory=dict)  # share of the rows with a text


def _sides(shop: Shop, modality: str) -> list[_Side]:
    both = (
        ("item", shop.item_ids, shop.item_media),
        ("user", shop.user_ids, shop.user_media),
    )
    return [_Side(name, ids, media[modality]) for name, ids, media in both if modality in media]


def _files(shop: Shop, sides: list[_Side], modality: str, progress: Progress) -> Iterator[_Part]:
    """Each file once, whoever uses it."""
    paths = sorted({path for side in sides for path in side.media.values if path is not None})
    if not sides:
        return
    looks: dict[str, Look] = {}

    def tick() -> None:
        progress(len(looks) + 1, len(paths), THINGS[modality])

    load = loader(shop, modality)
    for look in look_at_all(paths, modality, load, folder=shop.path, tick=tick):
        looks[look.path] = look
    for side in sides:
        owners = side.owners
        found = [*_by_code(owners, looks, modality), *equal_files(owners, looks, modality)]
        good = np.array([v is not None and looks[v].usable for v in side.media.values], np.bool_)
        sizes = np.array([looks[path].size for path in owners])
        spread = spread_of(f"{side.name} {UNITS[modality]}", sizes)
        yield _Part(side.name, [replace(f, side=side.name) for f in found], good, spread)


def _by_code(
    owners: dict[str, list[str]], looks: dict[str, Look], modality: str
) -> Iterator[Finding]:
    cases: dict[str, list[Case]] = {}
    for path, names in owners.items():
        for code, detail in looks[path].faults:
            cases.setdefault(code, []).append(Case(tuple(names), (path,), detail))
    for code, mine in cases.items():
        yield finding(KINDS[code], mine, modality=modality)


def _texts(shop: Shop, sides: list[_Side], modality: str, progress: Progress) -> Iterator[_Part]:
    limit = shop.limits.characters
    for side in sides:
        owners = side.owners
        cases: dict[str, list[Case]] = {}
        blank = set()
        for done, (text, names) in enumerate(owners.items(), 1):
            for code, detail in texts.judged(text[:limit]):
                cases.setdefault(code, []).append(Case(tuple(names), detail=detail))
                if code == "text.empty":
                    blank.add(text)
            if done % 500 == 0:
                progress(done, len(owners), THINGS[modality])
        found = [finding(KINDS[code], mine, modality=modality) for code, mine in cases.items()]
        languages = languages_of([*owners])
        found += foreign(owners, languages)
        found += equal_texts({text: names for text, names in owners.items() if text not in blank})
        good = np.array([v is not None and v not in blank for v in side.media.values], np.bool_)
        spread = spread_of(f"{side.name} {UNITS[modality]}", np.array([*map(len, owners)]))
        mine = [replace(f, side=side.name) for f in found]
        yield _Part(side.name, mine, good, spread, shares_of(owners, languages))


def _counts(shop: Shop) -> dict[str, int | float]:
    log, n_users, n_items = shop.interactions, len(shop.user_ids), len(shop.item_ids)
    pairs = len(np.unique(log.users * n_items + log.items))
    of_user, of_item = np.bincount(log.users, minlength=n_users), np.bincount(log.items)
    return {
        "users": n_users,
        "items": n_items,
        "events": len(log),
        "pairs": pairs,
        "density": pairs / (n_users * n_items),
        "items without events": n_items - int(np.count_nonzero(of_item)),
        f"users with fewer than {FEW} events": int((of_user < FEW).sum()),
    }


def _log_spreads(shop: Shop) -> list[Spread]:
    log = shop.interactions
    both = (("events of a user", log.users), ("events of an item", log.items))
    found = [spread_of(name, np.bincount(rows)) for name, rows in both]
    return [each for each in found if each is not None]

"""check: what a shop has, what it lacks, and what in it is broken; every file is decoded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from prismrec.data.shop import Media, Problem, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadMedia
from prismrec.media.audio import decode_audio
from prismrec.media.image import decode_image
from prismrec.media.load import Load, loader

__all__ = ["CheckReport", "check"]

FEW = 5  # users with fewer events are hard to serve by their history
SHORT = 3  # letters and digits of a text; a Chinese character counts as two
LOW_RATE = 8000  # enough to know that a sound can be decoded


@dataclass(frozen=True)
class CheckReport:
    """What `check` found."""

    shop: str  # name
    counts: Mapping[str, int | float]  # users, items, events, density, ...
    coverage: Mapping[str, float]  # modality -> share of items, "user ..." of users; 0 to 1
    events: Mapping[str, int] = field(default_factory=dict)  # rows of each kind of event
    period: tuple[str, str] | None = None  # first and last moment, ISO 8601 in UTC
    scripts: Mapping[str, float] = field(default_factory=dict)  # share of item texts, sum 1
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return asdict(self)


def check(shop: Shop) -> CheckReport:
    """Count what a shop has and decode every one of its files.

    Broken files, contents that stand twice, and texts with almost nothing in them are listed as
    problems, after those that reading found. Of a sound the first minute is decoded.
    """
    problems = list(shop.problems)
    counts = _log_counts(shop)
    sides = [_Side("item", shop.item_ids, medium) for medium in shop.item_media.values()]
    sides += [_Side("user", shop.user_ids, medium) for medium in shop.user_media.values()]
    for side in sides:
        modality = side.media.modality
        found = _texts(side) if modality == "text" else _files(side, loader(shop, modality))
        problems += found.problems
        for name, n in found.counts.items():
            counts[name] = counts.get(name, 0) + n
    log = shop.interactions
    kinds = np.bincount(log.kind, minlength=len(log.kinds)).tolist() if log.kind is not None else []
    return CheckReport(
        shop.name,
        counts,
        _coverage(shop),
        {name: n for name, n in zip(log.kinds, kinds, strict=False) if n},
        None if log.time is None else (_moment(log.time.min()), _moment(log.time.max())),
        _scripts(shop.item_media["text"]) if "text" in shop.item_media else {},
        tuple(problems),
    )


@dataclass(frozen=True)
class _Side:
    name: str  # "item" or "user"
    ids: Vocabulary
    media: Media


@dataclass(frozen=True)
class _Found:
    counts: dict[str, int]
    problems: list[Problem]


def _log_counts(shop: Shop) -> dict[str, int | float]:
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


def _coverage(shop: Shop) -> dict[str, float]:
    out = {name: medium.coverage for name, medium in shop.item_media.items()}
    for name, feature in shop.item_features.items():
        out[f"{name} (ready)" if name in out else name] = feature.coverage
    out |= {f"user {name}": medium.coverage for name, medium in shop.user_media.items()}
    for name, feature in shop.user_features.items():
        label = f"user {name}"
        out[f"{label} (ready)" if label in out else label] = feature.coverage
    return out


def _files(side: _Side, load: Load) -> _Found:
    """Decode each file of one modality once, whoever uses it."""
    medium = side.media
    paths = sorted({path for path in medium.values if path is not None})

    def one(path: str) -> tuple[str, str]:
        return _decoded(load, path, medium.modality)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        outcomes = dict(zip(paths, pool.map(one, paths), strict=True))
    remedy = f"replace the file; until then its {side.name} has no {medium.modality}"
    problems = [
        Problem(path, None, fault, remedy) for path, (_, fault) in outcomes.items() if fault
    ]
    whole = [None if p is None or outcomes[p][1] else outcomes[p][0] for p in medium.values]
    twice = _twice(side, whole)
    counts = {f"broken {medium.modality} files": len(problems)}
    counts[f"{medium.modality} contents that stand twice"] = sum(p.count for p in twice)
    return _Found(counts, problems + twice)


def _decoded(load: Load, path: str, modality: str) -> tuple[str, str]:
    """Content hash, and what is wrong with the file or nothing."""
    try:
        data = load(path)
        if modality == "image":
            decode_image(data, short_side=64)
        else:
            decode_audio(data, LOW_RATE)
    except BadMedia as bad:
        return "", bad.reason
    return hashlib.sha256(data).hexdigest(), ""


def _texts(side: _Side) -> _Found:
    """Judge texts by how much they say and whether they say it twice."""
    medium = side.media
    texts = pl.Series(medium.values, dtype=pl.String)
    han, letters = texts.str.count_matches(r"\p{Han}"), texts.str.count_matches(r"[\p{L}\p{N}]")
    short = (han + letters < SHORT).fill_null(False)
    problems = []
    if short.any():
        first = int(short.arg_max() or 0)
        what = f"the text of {side.name} {side.ids[first]!r} says almost nothing"
        remedy = "write a sentence"
        problems.append(Problem(f"{side.name}s", None, what, remedy, int(short.sum())))
    whole = [None if dull else text for text, dull in zip(medium.values, short, strict=True)]
    twice = _twice(side, whole)
    counts = {"texts with almost nothing in them": int(short.sum())}
    counts["text contents that stand twice"] = sum(p.count for p in twice)
    return _Found(counts, problems + twice)


def _twice(side: _Side, contents: Iterable[str | None]) -> list[Problem]:
    """One problem for all rows whose content an earlier row has already."""
    values = pl.Series(contents, dtype=pl.String)
    again = values.is_not_null() & ~values.is_first_distinct()
    if not again.any():
        return []
    late = int(again.arg_max() or 0)
    early = int((values == values[late]).arg_max() or 0)
    pair = f"{side.ids[early]!r} and {side.ids[late]!r}"
    what = f"the {side.media.modality} of {side.name}s {pair} is the same"
    remedy = f"give each {side.name} its own, unless they are meant to be alike"
    return [Problem(f"{side.name}s", None, what, remedy, int(again.sum()))]


def _scripts(medium: Media) -> dict[str, float]:
    """Share of texts written mostly in Chinese characters, in Latin letters, or in another script.

    Words are counted: runs of letters, and two Chinese characters for one.
    """
    texts = pl.Series(medium.values, dtype=pl.String).drop_nulls()
    if texts.is_empty():
        return {}
    # The 0.1 decides for texts without a letter: they are neither Chinese nor Latin.
    words = pl.DataFrame(
        {
            "han": texts.str.count_matches(r"\p{Han}") / 2,
            "latin": texts.str.count_matches(r"\p{Latin}+"),
            "other": texts.str.count_matches(r"[\p{L}--\p{Han}--\p{Latin}]+") + 0.1,
        }
    ).to_numpy()
    share = np.bincount(words.argmax(axis=1), minlength=3) / len(texts)
    return dict(zip(("han", "latin", "other"), share.tolist(), strict=True))


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()

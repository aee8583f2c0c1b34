"""Similar: items like another one, as a whole or in one modality."""

from __future__ import annotations

from typing import Any

import numpy as np

from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.rankers import Query
from prismrec.selection import best
from prismrec.serve.catalogue import EVERYTHING
from prismrec.serve.live import Live
from prismrec.serve.now import Now
from prismrec.serve.values import Answer, Listed, Where
from prismrec.types import Floats, Ints

__all__ = ["similar"]

Parts = dict[str, Floats]  # modality -> (n,) what it says of each row of the catalogue


def similar(
    now: Now,
    item: str,
    *,
    modality: str | None = None,
    k: int = 10,
    where: Where = EVERYTHING,
) -> Answer:
    """The items most like one, best first; those that nothing relates to it are left out.

    As a whole: by the sum of the relations from it where the score is such a sum, by the cosine of
    the ranker's vectors of items where it has some, and else by the mean cosine of the media.

    Args:
        now: the model and the items.
        item: identifier.
        modality: the cosine of its vectors decides, around their mean; None for the whole.
        k: how many.
        where: which may be returned; the item itself is never.

    Raises:
        UnknownName: where there is no such item.
        BadData: where the item lacks the modality, or nothing is known by which to compare it.
    """
    live, catalogue = now.live, now.catalogue
    row = catalogue.row(item)
    parts = _by_media(live, row, modality) if modality else _whole(live, row)
    total = np.sum(list(parts.values()), axis=0)
    allowed = catalogue.mask(where)
    allowed[row] = False
    rows = np.flatnonzero(allowed).astype(np.int64)
    scores = np.full(len(rows), -np.inf, np.float32)
    inside = rows < len(total)
    scores[inside] = np.nan_to_num(total[rows[inside]], nan=-np.inf)
    if not len(rows):
        return Answer((), live.version)
    columns, found = best(scores[None], min(k, len(rows)))
    listed = [
        Listed(catalogue.ids[at], catalogue.titles[at], float(score), _shares(parts, at))
        for at, score in zip(rows[columns[0]].tolist(), found[0], strict=True)
        if np.isfinite(score)
    ]
    return Answer(tuple(listed), live.version)


def _by_media(live: Live, row: int, modality: str) -> Parts:
    space = live.vectors.spaces.get(modality)
    if space is None:
        known = ", ".join(live.vectors.spaces) or "none yet"
        raise BadData(f"no vectors of {modality!r} are known; there are {known}")
    here = np.array([row])
    if not space.has(here)[0]:
        raise BadData(
            f"this item has no {modality} by which to compare it; choose another modality"
        )
    return {modality: space.cosines(space.units(here)[0])}


def _whole(live: Live, row: int) -> Parts:
    place = int(live.rows(np.array([row]))[0])
    found = None if place < 0 else _related(live, place) or _near(live, place)
    if found is None:
        likeness = live.vectors.likeness(np.array([row]))
        if not likeness:
            raise BadData("nothing is known of this item by which to compare it; give it media")
        n = max(map(len, likeness.values()))
        shares = [
            np.pad(part, (0, n - len(part)), constant_values=np.nan) / np.float32(len(likeness))
            for part in likeness.values()
        ]
        known = np.any([np.isfinite(part) for part in shares], axis=0)
        return {
            name: np.where(known, np.nan_to_num(part), np.float32(np.nan))
            for name, part in zip(likeness, shares, strict=True)
        }
    return found


def _related(live: Live, place: int) -> Parts | None:
    """What each modality says to somebody who used this item alone; None if nothing."""
    if not hasattr(live.ranker, "contributions"):
        return None
    query = Query.strangers(Jagged(np.array([place]), np.array([0, 1])))
    parts: dict[str, Any] = {}
    for source, adds in live.ranker.contributions(query):
        parts[source.modality] = parts.get(source.modality, np.float32(0)) + adds[0]
    total = np.sum(list(parts.values()), axis=0) if parts else np.zeros(0)
    if not np.any(total):
        return None
    silent = np.where(total == 0, np.float32(np.nan), np.float32(0))
    return {name: _by_row(live, part + silent) for name, part in parts.items() if np.any(part)}


def _near(live: Live, place: int) -> Parts | None:
    """Cosines of the ranker's vectors of items; None where it has none of this item."""
    items: Any = getattr(live.ranker, "items", None)
    if items is None:
        return None
    vectors: Floats = items.floats() if hasattr(items, "floats") else items
    lengths = np.linalg.norm(vectors, axis=1)
    if not lengths[place] > 0:
        return None
    cosines = vectors @ vectors[place] / np.maximum(lengths * lengths[place], np.float32(1e-12))
    return {"behaviour": _by_row(live, np.where(lengths > 0, cosines, np.nan))}


def _by_row(live: Live, values: Floats) -> Floats:
    """(n,) values of the ranker's rows by row of the catalogue; NaN where it has none."""
    places: Ints = live.row_of
    return np.where(places >= 0, values[places], np.nan).astype(np.float32)


def _shares(parts: Parts, row: int) -> dict[str, float]:
    said = {name: max(0.0, float(np.nan_to_num(part[row]))) for name, part in parts.items()}
    whole = sum(said.values())
    shares = {name: amount / whole for name, amount in said.items() if amount > 0} if whole else {}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))

"""The explanation of one recommendation as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prismrec.data.shop import Shop
from prismrec.explain.account import ordinal
from prismrec.explain.shares import POPULARITY
from prismrec.explain.story import HISTORY
from prismrec.pages import environment, thumbnails, tone

__all__ = ["to_html"]

SIDE, SMALL = 416, 168  # pixels of a cover: of what is explained, and of a past item
NAMES = {
    "image": "its picture",
    "text": "its text",
    "audio": "its sound",
    "behaviour": "who uses what",
    POPULARITY: "popularity",
    HISTORY: "the history",
}


def to_html(told: Mapping[str, Any], *, who: str, shop: Shop | None = None) -> str:
    """A page with the item's cover, what speaks for it, and the past items that do.

    Args:
        told: what `account` made.
        who: the person, as they are to be named.
        shop: where the covers lie; None leaves them out.
    """
    other = told["against"]
    rows = [past["row"] for past in (*told["past"], *(other["past"] if other else ()))]
    two = [told["row"], *([other["row"]] if other else [])]
    large, covers = _covers(shop, two, side=SIDE), _covers(shop, rows)
    pages = environment("prismrec.explain")
    pages.filters["ordinal"] = ordinal
    top = max((abs(past["adds"]) for past in told["past"]), default=1.0) or 1.0
    return pages.get_template("page.html.j2").render(
        told=told,
        other=other,
        who=who,
        large=large,
        covers=covers,
        names=NAMES,
        colour=_colour,
        first=next((name for name, share in told["drivers"].items() if share > 0), ""),
        top=top,
        popularity=POPULARITY,
    )


def _covers(shop: Shop | None, rows: Iterable[int], *, side: int = SMALL) -> dict[int, str]:
    """Covers of items as `data:` addresses; one that is missing or unreadable is left out."""
    media = None if shop is None else shop.item_media.get("image")
    if shop is None or media is None:
        return {}
    paths = {row: path for row in rows if (path := media.values[row]) is not None}
    made = thumbnails(shop.path, paths.values(), side=side)
    return {row: made[path] for row, path in paths.items() if path in made}


def _colour(modality: str) -> str:
    """Class of the colour of a modality; behaviour and other ones keep theirs on the whole page."""
    return tone(modality, {"behaviour": 2, HISTORY: 0}.get(modality, 5))

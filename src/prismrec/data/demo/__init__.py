"""The demo shop: a record shop whose covers, blurbs, loops and listeners our own code makes up.

Each record has a look, a theme and a genre, drawn independently, so that it is known what a
listener who chooses by eye, by word or by ear can go by; truth.json says who does which.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prismrec.data.demo.catalogue import catalogue
from prismrec.data.demo.gaps import leave_gaps
from prismrec.data.demo.listeners import listen, listeners
from prismrec.data.demo.writing import (
    claim,
    write_items,
    write_log,
    write_media,
    write_truth,
    write_users,
)
from prismrec.errors import BadData
from prismrec.types import MODALITIES

__all__ = ["make_shop"]

LEAST_ITEMS, LEAST_USERS = 24, 8  # fewer would leave nothing between the gaps
MOST = 9_999  # identifiers have four digits


def make_shop(
    path: str | Path,
    *,
    items: int = 300,
    users: int = 600,
    seed: int = 7,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the shop and return its folder; the same numbers give the same bytes.

    The same versions of numpy, Pillow and soundfile are meant. `progress` is called with the
    number of records that are done and of all. The catalogue is written last, so a shop whose
    making was interrupted cannot be mistaken for a whole one.

    Raises:
        BadData: where the folder holds something else, or a number is out of range.
    """
    for name, value, least in (("items", items, LEAST_ITEMS), ("users", users, LEAST_USERS)):
        if not least <= value <= MOST:
            raise BadData(f"{name} is {value}; choose {least} to {MOST}")
    if seed < 0:
        raise BadData(f"seed is {seed}; choose 0 or more")
    path = Path(path)
    claim(path)
    records, people = catalogue(items, seed), listeners(users, seed)
    gaps = leave_gaps(records, seed)
    shown = {modality: gaps.shown(modality, items) for modality in MODALITIES}
    write_log(path, people, listen(people, records, shown, seed=seed))
    write_users(path, people, seed)
    write_truth(path, records, people, gaps=gaps)
    for done, _ in enumerate(write_media(path, records, gaps, seed=seed), start=1):
        if progress is not None:
            progress(done, items)
    write_items(path, records, gaps, seed=seed)
    return path

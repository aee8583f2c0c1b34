"""Writing the new folder: tables, media, ready vectors, settings."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from prismrec.cache import folder_of
from prismrec.data.limits import is_address
from prismrec.data.read import read
from prismrec.data.shop import Shop
from prismrec.data.sources import mmrec
from prismrec.data.sources.folder import USER
from prismrec.data.sources.settings import read_settings
from prismrec.data.sources.table import find, read_table
from prismrec.errors import BadData
from prismrec.media.quality.sniff import SUFFIXES, sniff
from prismrec.serve.database.database import Database
from prismrec.serve.database.export.items import Merged, merged_items
from prismrec.serve.database.export.log import SKIP, merged_log
from prismrec.serve.values import UPLOAD, Event, Item

__all__ = ["export"]

VECTORS = "vectors.sqlite"  # of the media, by content: they are of use to the new folder, too


@dataclass(eq=False)
class _Media:
    """Files of the new folder; each is written once."""

    shop: Path
    out: Path
    database: Database
    there: dict[str, str | None] = field(default_factory=dict)

    def place(self, value: str) -> str | None:
        """What a table has for a medium; its file is put there. None where there is none."""
        if value not in self.there:
            self.there[value] = self._put(value)
        return self.there[value]

    def _put(self, value: str) -> str | None:
        if value.startswith(UPLOAD):
            return self._write(value.removeprefix(UPLOAD))
        if is_address(value):
            return value
        root = self.shop.resolve()
        source, target = (root / value).resolve(), self.out / value
        inside = target.resolve().is_relative_to(self.out.resolve())
        if not (source.is_relative_to(root) and source.is_file() and inside):
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another disk, or one that has no links
            shutil.copy2(source, target)
        return value

    def _write(self, sha256: str) -> str | None:
        data = self.database.medium(sha256)
        if data is None:
            return None
        suffix = SUFFIXES.get(sniff(data).name, ("",))[0]
        value = f"posted/{sha256}{suffix}"
        target = self.out / value
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return value


def export(database: Database, shop: Path, out: Path) -> dict[str, Any]:
    """Write a shop folder of what is in a shop and what a server of it was told since.

    The shop's own files are left alone; media are linked where the disk allows it. Left out are
    removed items with what people did with them, and skips. Ready vectors have rows of zeros,
    which count as absent, for items that were posted; computed ones of media are taken along.

    Args:
        database: of the server, which may go on running.
        shop: the folder that it serves.
        out: the new folder; it must not be there, or be empty.

    Returns:
        How many there are of what.

    Raises:
        BadData: where the shop cannot be read, or the new folder is there already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadData(f"{out} is there already; name a new folder")
    if out.resolve().is_relative_to(shop.resolve()):
        raise BadData(f"{out} lies in the shop itself; name a folder beside it")
    if shop.is_dir() and mmrec.recognised(shop):
        raise BadData(
            f"{shop} is a folder of the MMRec toolbox, whose form has no room for what is posted; "
            "write it as a shop with interactions.csv first"
        )
    there = read(shop)
    told = [event for _, event in database.events()]  # before the items: none of them is too new
    posted = {item.item: item for _, item in database.items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as making:
        made = Path(making) / out.name
        made.mkdir()
        counts = _write(there, made, database=database, told=told, posted=posted)
        if out.exists():
            out.rmdir()
        made.rename(out)
    return {"folder": str(out), **counts}


def _write(
    shop: Shop, out: Path, *, database: Database, told: list[Event], posted: dict[str, Item]
) -> dict[str, Any]:
    media = _Media(shop.path, out, database)
    settings = read_settings(shop.path)
    file = find(shop.path, "items")
    table = None if file is None else read_table(file)
    merged = merged_items(table, shop, posted, settings=settings.items, place=media.place)
    if file is not None or any(not item.removed for item in posted.values()):
        _save(merged.frame, out / (file.name if file is not None else "items.csv"))
    log = find(shop.path, "interactions")
    assert log is not None  # else the shop could not be read
    events = sorted(
        (each for each in told if each.event != SKIP and each.item in merged.ids),
        key=lambda each: each.time,
    )
    frame, n_old = merged_log(read_table(log), settings, events, items=merged.ids)
    _save(frame, out / log.name)
    for plain in (find(shop.path, "users"), shop.path / "shop.toml"):
        if plain is not None and plain.is_file():
            shutil.copyfile(plain, out / plain.name)
    _link(shop, media, merged.ids, posted)
    features = _features(shop.path, out, merged)
    _take_vectors(shop.path, out)
    skips = sum(each.event == SKIP for each in told)
    return {
        "items": len(merged.ids),
        "posted": sum(not item.removed for item in posted.values()),
        "removed": sum(item.removed for item in posted.values()),
        "interactions": n_old,
        "events": len(events),
        "skips": skips,
        "left_out": len(told) - skips - len(events),
        "ready_vectors": features,
    }


def _link(shop: Shop, media: _Media, ids: frozenset[str], posted: dict[str, Item]) -> None:
    """Media of users, and of items that are as they were."""
    for each in shop.item_media.values():
        if each.modality != "text":
            for item, value in zip(shop.item_ids, each.values, strict=False):
                if value is not None and item in ids and item not in posted:
                    media.place(value)
    for each in shop.user_media.values():
        if each.modality != "text":
            for value in filter(None, each.values):
                media.place(value)


def _features(shop: Path, out: Path, merged: Merged) -> list[str]:
    """Ready vectors, row by row of the new table; zeros for new items."""
    files = sorted((shop / "features").glob("*.npy"))
    for file in files:
        target = out / "features" / file.name
        target.parent.mkdir(exist_ok=True)
        if file.name.startswith(USER):
            shutil.copyfile(file, target)
            continue
        matrix = np.load(file)
        made = matrix[np.maximum(merged.rows, 0)]
        made[merged.rows < 0] = 0
        np.save(target, made)
    return [file.stem for file in files]


def _take_vectors(shop: Path, out: Path) -> None:
    """Vectors that were computed of media, so that a fit does not compute them again."""
    source = folder_of(shop) / VECTORS
    if not source.is_file():
        return
    target = folder_of(out) / VECTORS
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _save(frame: pl.DataFrame, file: Path) -> None:
    if file.suffix == ".parquet":
        frame.write_parquet(file)
    elif file.suffix == ".gz":
        text = io.BytesIO()
        frame.write_csv(text)
        file.write_bytes(gzip.compress(text.getvalue()))
    else:
        frame.write_csv(file)

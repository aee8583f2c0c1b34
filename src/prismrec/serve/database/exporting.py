"""Export: a shop and what its server took in, as a new shop that a model can be fitted on."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from prismrec.cache import folder_of
from prismrec.data.interactions import EVENT_WEIGHTS
from prismrec.data.limits import is_address
from prismrec.data.shop import Shop
from prismrec.data.sources.ids import as_text, rows_of
from prismrec.data.sources.settings import ShopFile, read_settings
from prismrec.data.sources.table import find, read_table
from prismrec.errors import BadData
from prismrec.serve.database.database import Database
from prismrec.serve.values import UPLOAD, Event, Item

__all__ = ["Exported", "export"]

DISLIKE = "dislike"
VECTORS = "vectors.sqlite"  # by content, so they are of use to the new shop as they are
PARTS = ("train", "valid", "test")
FILES = ("image", "audio", "video")
BEGINNINGS = {  # of files, so that other programs know the written ones by their names
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"RIFF": ".webp",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"ID3": ".mp3",
}


@dataclass(frozen=True)
class Exported:
    """What a new shop is made of."""

    items: int
    posted: int  # of them, those that the server was told of
    removed: int  # items of the old shop that are left out, with what people did with them
    interactions: int
    events: int  # of them, those that the server was told of
    left_out: int  # events that say no interest, or whose item was removed
    media: int  # files that were written of what was posted
    lost: int  # media of posted items that are no longer kept


def export(shop: Shop, database: Database, out: Path) -> Exported:
    """Write a new shop folder: log and events, items that are there, media files.

    Models and other files that `read` does not look at stay behind, but vectors that were computed
    of media come along. Nothing is at `out` until all is written. Dislikes are kept where the log
    has a column of events: they weigh nothing. Whether an item is in stock is no part of a shop.

    Raises:
        BadData: where `out` is there already, or the shop is no folder with an ordinary layout.
        Unavailable: where the database does not answer.
    """
    if out.exists():
        raise BadData(f"{out} is there already; name a folder that is not")
    if find(shop.path, "interactions") is None:
        raise BadData(f"{shop.path} has no interactions table; only such shops can be exported")
    events = [event for _, event in database.events()]  # first, so that their items are there too
    posted = {item.item: item for _, item in database.items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        made = _written(shop, folder, (posted, events, database))
        folder.chmod(0o755)
        folder.rename(out)
    except OSError as error:
        raise BadData(f"{out} could not be written ({error.strerror}); free some room") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return made


def _written(
    shop: Shop, folder: Path, told: tuple[Mapping[str, Item], Sequence[Event], Database]
) -> Exported:
    posted, events, database = told
    settings = read_settings(shop.path)
    kept = [row for row, name in enumerate(shop.item_ids) if not _removed(posted.get(name))]
    there = [item for item in posted.values() if not item.removed]
    ids = [shop.item_ids[row] for row in kept]
    ids += [item.item for item in there if item.item not in shop.item_ids.rows]
    values, n_media, n_lost = _posted_media(there, folder, database)
    items, settings = _items(shop, settings, (ids, {each.item: each for each in there}, values))
    items.write_csv(folder / "items.csv")
    weights = {**EVENT_WEIGHTS, **{name.lower(): w for name, w in settings.events.items()}}
    log, settings, n_events = _log(shop, settings, (ids, events, weights))
    log.write_csv(folder / "interactions.csv")
    (folder / "shop.toml").write_text(_toml(settings), "utf-8")
    _copy_rest(shop, folder, (kept, len(ids), posted))
    _take_vectors(shop, folder)
    return Exported(
        items=len(ids),
        posted=len(there),
        removed=len(shop.item_ids) - len(kept),
        interactions=log.height,
        events=n_events,
        left_out=len(events) - n_events,
        media=n_media,
        lost=n_lost,
    )


def _removed(item: Item | None) -> bool:
    return item is not None and item.removed


def _posted_media(
    items: Sequence[Item], folder: Path, database: Database
) -> tuple[dict[str, str | None], int, int]:
    """Value -> path of the file that was written for it; how many were, and how many are lost."""
    values: dict[str, str | None] = {}
    for item in items:
        for value in item.media.values():
            if not value.startswith(UPLOAD) or value in values:
                continue
            sha256 = value.removeprefix(UPLOAD)
            data = database.medium(sha256)
            values[value] = None
            if data is not None:
                values[value] = f"posted/{sha256}{_suffix(data)}"
                (folder / "posted").mkdir(exist_ok=True)
                (folder / f"posted/{sha256}{_suffix(data)}").write_bytes(data)
    n = sum(path is not None for path in values.values())
    return values, n, len(values) - n


def _suffix(data: bytes) -> str:
    if data[8:12] == b"WAVE":
        return ".wav"
    return next((name for begin, name in BEGINNINGS.items() if data.startswith(begin)), "")


def _items(
    shop: Shop,
    settings: ShopFile,
    told: tuple[Sequence[str], Mapping[str, Item], Mapping[str, str | None]],
) -> tuple[pl.DataFrame, ShopFile]:
    """The items table, and settings by which each item has the text that the server knows."""
    ids, posted, values = told
    columns = settings.items
    name, title = columns.id or "item", columns.title or "title"
    paths = {each: getattr(columns, each) or each for each in FILES}
    table = _old_items(shop, name)
    texts = list(columns.text or ())
    if not texts or title in texts or set(texts) - set(table):
        # The text of an old item is joined of columns that a posted one need not have.
        place = _free("text", table)
        table[place] = _texts(shop)
        texts = [place]
    old = {key: row for row, key in enumerate(shop.item_ids)}
    rows: list[dict[str, str | None]] = []
    for key in ids:
        item = posted.get(key)
        if item is None:
            rows.append({each: cells[old[key]] for each, cells in table.items()})
            continue
        row: dict[str, str | None] = dict(item.columns)
        if columns.separator.join(v for t in texts if (v := row.get(t))) != (item.text or ""):
            row |= {**dict.fromkeys(texts), texts[0]: item.text}
        row |= {name: key, title: item.title}
        media = {each: item.media.get(each) for each in FILES}
        row |= {paths[each]: values.get(v, v) if v else None for each, v in media.items()}
        rows.append(row)
    further = (each for row in rows for each in row)
    names = dict.fromkeys([name, title, *table, *further, *paths.values()])
    frame = pl.DataFrame(
        {each: pl.Series([row.get(each) for row in rows], dtype=pl.String) for each in names}
    )
    used = {each: path for each, path in paths.items() if frame[path].null_count() < len(rows)}
    frame = frame.drop([path for each, path in paths.items() if each not in used])
    chosen = {"id": name, "title": title, "text": texts, **dict.fromkeys(FILES), **used}
    return frame, settings.model_copy(update={"items": columns.model_copy(update=chosen)})


def _old_items(shop: Shop, name: str) -> dict[str, list[str | None]]:
    """Cells of each column of the items table, in the order of the shop's items."""
    file = find(shop.path, "items")
    if file is None:
        return {name: list(shop.item_ids)}
    frame = read_table(file).frame
    known = rows_of(as_text(frame[name]), shop.item_ids).to_list()
    place: dict[int, int] = {}
    for row, item in enumerate(known):
        if item is not None:
            place.setdefault(item, row)
    order = pl.Series([place[row] for row in range(len(shop.item_ids))], dtype=pl.Int64)
    names = [each for each in frame.columns if not frame[each].dtype.is_nested()]
    return {each: as_text(frame[each]).gather(order).to_list() for each in names}


def _texts(shop: Shop) -> list[str | None]:
    media = shop.item_media.get("text")
    return [None] * len(shop.item_ids) if media is None else list(media.values)


def _free(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name


def _log(
    shop: Shop,
    settings: ShopFile,
    told: tuple[Sequence[str], Sequence[Event], Mapping[str, float]],
) -> tuple[pl.DataFrame, ShopFile, int]:
    """The log with the events after it; kinds of events are kept unless some have own weights."""
    ids, events, weights = told
    log = shop.interactions
    known = set(ids)
    strength = [weights.get(e.event, 0.0) if e.weight is None else e.weight for e in events]
    taken = [
        (event, weight)
        for event, weight in zip(events, strength, strict=True)
        if event.item in known
        and event.event in weights
        and (weight > 0 or (event.event == DISLIKE and log.kind is not None))
    ]
    n = len(taken)
    users, items = np.asarray(shop.user_ids, object), np.asarray(shop.item_ids, object)
    frame: dict[str, list[Any]] = {
        "user": [*users[log.users], *(event.user for event, _ in taken)],
        "item": [*items[log.items], *(event.item for event, _ in taken)],
    }
    if log.time is not None:  # else rows without a time would be left out when it is read
        frame["timestamp"] = [*log.time.tolist(), *(event.time for event, _ in taken)]
    if log.kind is not None:
        kinds = np.asarray(log.kinds, object)[log.kind]
        frame["event"] = [*kinds, *(event.event for event, _ in taken)]
    own = any(weight != np.float32(weights[event.event]) for event, weight in taken)
    if log.kind is None or own:
        frame["weight"] = [*log.weight.tolist(), *(weight for _, weight in taken)]
    for label, parts in log.labels.items():
        frame[label] = [*(PARTS[part] for part in parts.tolist()), *["train"] * n]
    table = pl.DataFrame(frame).filter(pl.col("item").is_in(list(known)))
    plain = type(settings.log)(weight="weight" if "weight" in frame else None)
    return table, settings.model_copy(update={"log": plain}), n


def _copy_rest(
    shop: Shop, folder: Path, told: tuple[Sequence[int], int, Mapping[str, Item]]
) -> None:
    """Media files, ready vectors and the table of users."""
    kept, n, posted = told
    users = find(shop.path, "users")
    if users is not None:
        shutil.copyfile(users, folder / users.name)
    values = {value for media in _files(shop.user_media) for value in media.values}
    for row in kept:
        item = posted.get(shop.item_ids[row])
        own = {media.values[row] for media in _files(shop.item_media)}
        # Of what an item names only files of the shop's own table are copied.
        values |= own if item is None else own & set(item.media.values())
    for value in sorted(each for each in values if each is not None and not is_address(each)):
        (folder / value).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shop.path / value, folder / value)
    files = sorted((shop.path / "features").glob("user-*.npy"))
    if shop.item_features or files:
        (folder / "features").mkdir()
    for name, feature in shop.item_features.items():
        matrix = np.zeros((n, feature.values.shape[1]), np.float32)
        matrix[: len(kept)] = feature.values[list(kept)]
        np.save(folder / "features" / f"{name}.npy", matrix)
    for file in files:
        shutil.copyfile(file, folder / "features" / file.name)


def _take_vectors(shop: Shop, folder: Path) -> None:
    """So that a fit does not compute them again."""
    source, target = folder_of(shop.path) / VECTORS, folder / ".prismrec" / VECTORS
    if not source.is_file():
        return
    target.parent.mkdir()
    with (
        closing(sqlite3.connect(source)) as old,
        closing(sqlite3.connect(target)) as new,
        suppress(sqlite3.Error),  # they can be computed again
    ):
        old.backup(new)


def _files(media: Mapping[str, Any]) -> list[Any]:
    return [each for name, each in media.items() if name != "text"]


def _toml(settings: ShopFile) -> str:
    """Settings as shop.toml has them; a JSON text, list or number is one of TOML too."""
    lines = ["# Written by prismrec state export."]
    said = settings.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for name, table in said.items():
        lines += ["", f"[{name}]"]
        for pair in table.items():
            key, value = (json.dumps(each, ensure_ascii=False) for each in pair)
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"

"""The files of the demo shop."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from prismrec.data.demo.blurbs import bio, blurb
from prismrec.data.demo.catalogue import LOOKS, Record, Stream, stream
from prismrec.data.demo.covers import draw
from prismrec.data.demo.gaps import Gaps, damaged
from prismrec.data.demo.listeners import WHIM, Events, Listener
from prismrec.data.demo.loops import flac, play
from prismrec.errors import BadData

__all__ = ["claim", "write_items", "write_log", "write_media", "write_truth", "write_users"]

NEW_YEAR = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
KINDS = ("view", "like", "buy")
MARK = "# This shop was made by prismrec make-shop and is replaced when it is made again.\n"
SETTINGS = (
    MARK
    + """
[items]
title = "title"
text = ["blurb", "blurb_zh"]  # without the title, so that a record without a blurb has no text
separator = "\\n"
image = "image"
audio = "audio"

[users]
text = ["bio"]
image = "photo"

[events]  # how much more a like or a purchase says than a view
view = 1
like = 3
buy = 5
"""
)
MADE = ("*.csv", "truth.json", "images/r*.jpg", "audio/r*.flac", "photos/u*.jpg")


def claim(path: Path) -> None:
    """Make the folder ready: new, empty, or with what an earlier run made taken away.

    Raises:
        BadData: where something else is there already.
    """
    settings = path / "shop.toml"
    if path.is_dir() and any(path.iterdir()):
        if not settings.is_file() or not settings.read_text("utf-8").startswith(MARK):
            raise BadData(f"{path} is not empty and no shop of ours; name a new or an empty folder")
    elif path.exists() and not path.is_dir():
        raise BadData(f"{path} is a file; name a new or an empty folder")
    for made in [file for pattern in MADE for file in path.glob(pattern)]:
        made.unlink()
    for folder in ("images", "audio", "photos"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS, "utf-8", newline="\n")


def write_items(path: Path, records: Sequence[Record], gaps: Gaps, *, seed: int) -> None:
    """items.csv; a cell is empty where the record lacks that modality."""
    texts = [
        ("", "")
        if record.number in gaps.missing["text"]
        else blurb(record, stream(seed, Stream.BLURB, record.number))
        for record in records
    ]
    days = [(NEW_YEAR + datetime.timedelta(record.released)).date() for record in records]
    columns = {
        "item": [record.id for record in records],
        "title": [record.title.text for record in records],
        "artist": [record.artist.text for record in records],
        "blurb": [english or None for english, _ in texts],
        "blurb_zh": [chinese or None for _, chinese in texts],
        "released": [day.isoformat() for day in days],
        "image": [_file(record, "image", gaps) for record in records],
        "audio": [_file(record, "audio", gaps) for record in records],
    }
    pl.DataFrame(columns).write_csv(path / "items.csv")


def _file(record: Record, modality: str, gaps: Gaps) -> str | None:
    name = f"images/{record.id}.jpg" if modality == "image" else f"audio/{record.id}.flac"
    return None if record.number in gaps.missing[modality] else name


def write_media(
    path: Path, records: Sequence[Record], gaps: Gaps, *, seed: int
) -> Iterator[Record]:
    """Draw the cover and play the loop of each record, and yield it when its files are there."""
    how = {(broken.number, broken.modality): broken.how for broken in gaps.broken}
    makers: dict[str, Callable[[Record, int], bytes]] = {"image": _cover, "audio": _loop}
    for record in records:
        for modality, make in makers.items():
            name = _file(record, modality, gaps)
            if name is None:
                continue
            data: bytes | None = make(record, seed)
            if data is not None and (record.number, modality) in how:
                data = damaged(data, how[record.number, modality])
            if data is not None:
                (path / name).write_bytes(data)
        yield record


def _cover(record: Record, seed: int) -> bytes:
    rng = stream(seed, Stream.COVER, record.number)
    return _jpeg(draw(record.look, rng, title=record.title.latin, artist=record.artist.latin))


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def _loop(record: Record, seed: int) -> bytes:
    return flac(play(record.genre, stream(seed, Stream.LOOP, record.number)))


def write_users(path: Path, people: Sequence[Listener], seed: int) -> None:
    """users.csv and photos: half of the listeners wrote a line, some posted a picture."""
    bios: list[str | None] = []
    photos: list[str | None] = []
    for person in people:
        rng = stream(seed, Stream.BIO, person.number)
        wrote, posted = rng.random(2) < (0.5, 0.3 if person.driver == "image" else 0.05)
        bios.append(bio(person.driver, person.favourites, rng) if wrote else None)
        photos.append(f"photos/{person.id}.jpg" if posted else None)
        if posted:
            (path / f"photos/{person.id}.jpg").write_bytes(_photo(person, rng))
    columns = {"user": [person.id for person in people], "bio": bios, "photo": photos}
    schema = dict.fromkeys(columns, pl.String)
    pl.DataFrame(columns, schema=schema).write_csv(path / "users.csv")


def _photo(person: Listener, rng: np.random.Generator) -> bytes:
    """A poster on somebody's wall: in a look the listener likes, where looks matter."""
    styles = person.favourites if person.driver == "image" else LOOKS
    return _jpeg(draw(str(rng.choice(styles)), rng).reduce(2))


def write_log(path: Path, people: Sequence[Listener], events: Events) -> None:
    """interactions.csv, oldest first."""
    ids = np.array([person.id for person in people])
    columns = {
        "user": ids[events.users],
        "item": [f"r{number + 1:04d}" for number in events.items],
        "timestamp": int(NEW_YEAR.timestamp()) + events.seconds,
        "event": np.array(KINDS)[events.kinds],
    }
    pl.DataFrame(columns).write_csv(path / "interactions.csv")


def write_truth(
    path: Path, records: Sequence[Record], people: Sequence[Listener], *, gaps: Gaps
) -> None:
    """truth.json: what is hidden, for tests and demonstrations."""
    ids = [record.id for record in records]
    files = {
        f"images/{ids[b.number]}.jpg"
        if b.modality == "image"
        else f"audio/{ids[b.number]}.flac": b.how
        for b in gaps.broken
    }
    truth = {
        "about": "What really drives each listener and what each record is; no model reads it.",
        "whim": WHIM,
        "listeners": {
            person.id: {"driver": person.driver, "favourites": person.favourites}
            for person in people
        },
        "records": {
            record.id: {
                "look": record.look,
                "theme": record.theme,
                "genre": record.genre,
                "community": f"community-{record.community}",
            }
            for record in records
        },
        "new_releases": [record.id for record in records if record.new],
        "missing": {m: [ids[k] for k in sorted(rows)] for m, rows in gaps.missing.items()},
        "broken": files,
    }
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (path / "truth.json").write_text(text + "\n", "utf-8", newline="\n")

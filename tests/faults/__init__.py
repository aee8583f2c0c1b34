"""A shop of every format and fault: each kind is one file, text or path with its verdict."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from faults.kind import Kind
from faults.paths import PATHS, lay_paths
from faults.pictures import PICTURES
from faults.sounds import SOUNDS
from faults.texts import TEXTS

__all__ = ["FILES", "PATHS", "TEXTS", "Kind", "write_files", "write_paths"]

FILES = (*PICTURES, *SOUNDS)


def write_files(folder: Path, kinds: Iterable[Kind] = (*FILES, *TEXTS)) -> Path:
    """A shop with one item for each kind of file and text; the item is called as the kind is."""
    (folder / "media").mkdir(parents=True)
    rows = []
    for kind in kinds:
        row = dict.fromkeys(("item", "words", "image", "audio"), "") | {"item": kind.name}
        if kind.modality == "text":
            row["words"] = kind.content().decode("utf-8")
        else:
            row[kind.modality] = f"media/{kind.name}"
            (folder / "media" / kind.name).write_bytes(kind.content())
        rows.append(row)
    pl.DataFrame(rows).write_parquet(folder / "items.parquet")
    (folder / "shop.toml").write_text('[items]\ntext = ["words"]\n', "utf-8")
    _write_log(folder, [row["item"] for row in rows])
    return folder


def write_paths(folder: Path) -> Path:
    """A shop whose pictures are good, but whose paths to them often are not."""
    folder.mkdir(parents=True)
    lay_paths(folder)
    rows = [{"item": kind.name, "image": kind.content().decode("utf-8")} for kind in PATHS]
    pl.DataFrame(rows).write_parquet(folder / "items.parquet")
    _write_log(folder, [row["item"] for row in rows])
    return folder


def _write_log(folder: Path, items: list[str]) -> None:
    pl.DataFrame({"user": ["ann"] * len(items), "item": items}).write_parquet(
        folder / "interactions.parquet"
    )

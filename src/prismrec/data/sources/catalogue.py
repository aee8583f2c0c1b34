"""A table of items or users: identifiers, titles, and the media of each row."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from prismrec.data.shop import Media, Problem
from prismrec.data.sources.ids import as_text
from prismrec.data.sources.settings import CatalogueColumns
from prismrec.data.sources.table import Sieve, Table
from prismrec.data.vocabulary import Vocabulary
from prismrec.types import Ints

__all__ = ["Catalogue", "read_catalogue"]

FILES = ("image", "audio")  # columns of paths
CODES = {"does not exist": "file.missing", "lies outside the shop's folder": "file.outside"}


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What is known of each item or user, one entry per row."""

    ids: Vocabulary
    media: dict[str, Media] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    rows: Ints | None = None  # (n,) row of the table that each entry was; None for no table
    n_rows: int = 0  # rows of the table, those left out included
    problems: tuple[Problem, ...] = ()


def read_catalogue(table: Table, side: str, columns: CatalogueColumns) -> Catalogue:
    """Read items or users; `side` is "item" or "user".

    Of two rows with the same identifier the first stays. A media path that does not lead to a
    file below the shop's folder is None.

    Raises:
        BadData: for a column that is missing.
    """
    name = columns.id or side
    ids = as_text(table.column(name))
    sieve = Sieve(table)
    sieve.drop(ids.is_null(), f"the row has no {side}", f"fill in the column {name!r}")
    again = ~ids.is_first_distinct()
    remedy = "keep one row of each; the first one was used"
    sieve.drop(again, f"{side} {{!r}} stands here again", remedy, column=name)
    rows = np.flatnonzero(sieve.keep)
    kept = Table(table.path, table.frame[rows], table.records[rows], table.separator)
    ids = ids.filter(pl.Series(sieve.keep))
    problems = list(sieve.problems)
    media = {}
    for modality, column in _file_columns(kept, columns).items():
        media[modality] = Media(modality, _paths(kept, column, modality, problems))
    if names := _text_columns(kept, columns, name):
        joined = pl.concat_str(names, separator=columns.separator, ignore_nulls=True)
        values = kept.frame.select(pl.when(joined != "").then(joined)).to_series()
        media["text"] = Media("text", tuple(values.to_list()))
    title = columns.title or ("title" if "title" in kept else None)
    titles = ids
    if title is not None:
        texts = as_text(kept.column(title))
        titles = texts.zip_with(texts.is_not_null(), ids)
    return Catalogue(
        Vocabulary(tuple(ids.to_list())),
        media,
        tuple(titles.to_list()),
        rows,
        table.frame.height,
        tuple(problems),
    )


def _file_columns(table: Table, columns: CatalogueColumns) -> dict[str, str]:
    """Column of paths for each modality that has one."""
    chosen = {"image": columns.image, "audio": columns.audio}
    found = {modality: modality for modality in FILES if modality in table}
    return found | {modality: name for modality, name in chosen.items() if name is not None}


def _text_columns(table: Table, columns: CatalogueColumns, ids: str) -> list[str]:
    """Columns that are joined to the text of a row."""
    if columns.text is not None:
        return [table.column(name).name for name in columns.text]
    other = {ids, *_file_columns(table, columns).values()}
    title = columns.title or "title"
    names = [n for n in table.frame.columns if n not in other and _is_text(table.frame[n])]
    return [title] * (title in table) + [n for n in names if n != title]


def _is_text(column: pl.Series) -> bool:
    """Texts, but not numbers, dates or truth values that a csv writes as texts."""
    texts = column.drop_nulls()
    if column.dtype != pl.String or texts.is_empty():
        return False
    number = texts.cast(pl.Float64, strict=False).is_not_null()
    date = texts.str.contains(r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ][\d:.+Zz-]*)?$")
    truth = texts.str.to_lowercase().is_in(["true", "false"])
    return not (number | date | truth).all()


def _paths(
    table: Table, column: str, modality: str, problems: list[Problem]
) -> tuple[str | None, ...]:
    """Paths that lead to a file below the folder; a problem for each way to fail."""
    root = table.path.parent.resolve()
    folders: dict[str, bool] = {}
    values = as_text(table.column(column)).to_list()
    faults: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        fault = None if value is None else _fault(root, value, folders)
        if fault is not None:
            faults.setdefault(fault, []).append(row)
    for fault, rows in faults.items():
        what = f"{modality} {values[rows[0]]!r} {fault}"
        remedy = f"correct the path; until then the row has no {modality}"
        code = CODES.get(fault, "file.refused")
        problems.append(Problem(table.name, table.line(rows[0]), what, remedy, len(rows), code))
        for row in rows:
            values[row] = None
    return tuple(values)


def _fault(root: Path, value: str, folders: dict[str, bool]) -> str | None:
    """Why a path cannot be used, None where it can."""
    if Path(value).is_absolute() or "\0" in value:
        return "is not a path below the shop's folder"
    folder, _ = os.path.split(value)
    path = root / value
    try:
        if folder not in folders:
            folders[folder] = (root / folder).resolve().is_relative_to(root)
        if not folders[folder]:
            return "lies outside the shop's folder"
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            if not path.resolve().is_relative_to(root):
                return "lies outside the shop's folder"
            mode = path.stat().st_mode
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return "does not exist"
    return None if stat.S_ISREG(mode) else "is not a file"

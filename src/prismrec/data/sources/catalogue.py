"""A table of items or users: identifiers, titles, and the media of each row."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from prismrec.data.limits import Limits
from prismrec.data.shop import Media, Problem
from prismrec.data.sources.ids import as_text
from prismrec.data.sources.paths import Finder
from prismrec.data.sources.settings import CatalogueColumns
from prismrec.data.sources.table import Sieve, Table, short
from prismrec.data.vocabulary import Vocabulary
from prismrec.types import Ints

__all__ = ["Catalogue", "read_catalogue"]

FILES = ("image", "audio", "video")  # columns of paths


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What is known of each item or user, one entry per row."""

    ids: Vocabulary
    media: dict[str, Media] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    rows: Ints | None = None  # (n,) row of the table that each entry was; None for no table
    n_rows: int = 0  # rows of the table, those left out included
    problems: tuple[Problem, ...] = ()


def read_catalogue(
    table: Table, side: str, columns: CatalogueColumns, *, limits: Limits
) -> Catalogue:
    """Read items or users; `side` is "item" or "user".

    Of two rows with the same identifier the first stays. A media path that does not lead to a
    file below the shop's folder is None, and so is an address that may not be asked.

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
    finder = Finder(table.path.parent.resolve(), limits.urls)
    files = {}
    for modality, column in _file_columns(kept, columns).items():
        paths, found = _paths(kept, column, modality, finder)
        files[modality] = paths
        problems += found
    media = _seen_and_heard(files)
    if names := _text_columns(kept, columns, name):
        joined = pl.concat_str(names, separator=columns.separator, ignore_nulls=True)
        values = kept.frame.select(pl.when(joined != "").then(joined)).to_series()
        values, found = _cut(kept, values, limits.characters)
        media["text"] = Media("text", tuple(values.to_list()))
        problems += found
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
    chosen = {"image": columns.image, "audio": columns.audio, "video": columns.video}
    found = {modality: modality for modality in FILES if modality in table}
    return found | {modality: name for modality, name in chosen.items() if name is not None}


def _seen_and_heard(files: dict[str, tuple[str | None, ...]]) -> dict[str, Media]:
    """A video is the picture and the sound of a row that has none of its own."""
    videos = files.pop("video", None)
    if videos is not None:
        for modality in ("image", "audio"):
            own = files.get(modality, (None,) * len(videos))
            files[modality] = tuple(
                one if one is not None else video for one, video in zip(own, videos, strict=True)
            )
    return {modality: Media(modality, paths) for modality, paths in files.items()}


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
    table: Table, column: str, modality: str, finder: Finder
) -> tuple[tuple[str | None, ...], list[Problem]]:
    """Paths as the disk spells them, and addresses; a problem for each way to fail."""
    values = as_text(table.column(column)).to_list()
    found = [None if value is None else finder.find(value) for value in values]
    faults: dict[str, list[int]] = {}
    for row, each in enumerate(found):
        if each is not None and each.fault:
            faults.setdefault(each.kind, []).append(row)
    problems = []
    for rows in faults.values():
        first = found[rows[0]]
        assert first is not None
        what = f"{modality} {short(values[rows[0]])!r} {first.fault}"
        until = "" if first.value else f"; until then the row has no {modality}"
        line, remedy = table.line(rows[0]), first.remedy + until
        problems.append(Problem(table.name, line, what, remedy, len(rows), first.code))
    return tuple(None if each is None else each.value for each in found), problems


def _cut(table: Table, texts: pl.Series, most: int) -> tuple[pl.Series, list[Problem]]:
    """Texts of at most so many characters, and one problem for those that had more."""
    long = np.flatnonzero((texts.str.len_chars() > most).fill_null(False))
    if not len(long):
        return texts, []
    first = int(long[0])
    what = f"the text has {len(texts[first]):,} characters, and was cut after {most:,}"
    remedy = "shorten it, or raise characters under [limits] in shop.toml"
    problem = Problem(table.name, table.line(first), what, remedy, len(long), "text.cut")
    return texts.str.slice(0, most), [problem]

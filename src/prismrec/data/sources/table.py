"""Table files: csv, csv.gz and parquet to polars, with the place of every row kept."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from prismrec.data.shop import Problem
from prismrec.errors import BadData
from prismrec.types import Bools, Ints

__all__ = ["SUFFIXES", "Sieve", "Table", "find", "read_table", "short"]

SUFFIXES = (".csv", ".csv.gz", ".parquet")
LONGEST = 2**31 - 1  # bytes of a cell; the csv module stops at 131072 otherwise
UNPACKED, TIMES = 64 * 1024**2, 50  # bytes that a packed table may have, and by how much it grows


@dataclass(frozen=True, eq=False)
class Table:
    """A table file: texts stripped, blanks null, blank lines gone. A csv holds texts only."""

    path: Path
    frame: pl.DataFrame  # (n, columns)
    records: Ints  # (n,) which record of the file each row was, from 0
    separator: str = ","
    problems: tuple[Problem, ...] = ()  # records that could not be read

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    def __contains__(self, column: str) -> bool:
        return column in self.frame.columns

    def line(self, row: int) -> int:
        """Line of the file where a row begins, the header being 1; in parquet its row, from 1."""
        record = int(self.records[row])
        if self.path.suffix == ".parquet":
            return record + 1
        for number, (line, _, _) in enumerate(_records(self.path, self.separator)):
            if number == record + 1:
                return line
        return record + 2

    def column(self, name: str) -> pl.Series:
        """A column that must be there.

        Raises:
            BadData: where it is not, or holds lists; the message names the nearest column.
        """
        if name in self:
            if self.frame[name].dtype.is_nested():
                raise BadData(f"{self.name}: column {name!r} holds lists; it needs one value a row")
            return self.frame[name]
        near = difflib.get_close_matches(name.lower(), [c.lower() for c in self.frame.columns], 1)
        hint = f", perhaps {near[0]!r}" if near else ""
        raise BadData(
            f"{self.name}, line 1: there is no column {name!r} among "
            f"{', '.join(map(repr, self.frame.columns))}; rename the right one{hint}, "
            "or name it in shop.toml"
        )


@dataclass(eq=False)
class Sieve:
    """Which rows of a table are wanted still, and one problem per reason to drop some."""

    table: Table
    keep: Bools = field(init=False)  # (n,)
    problems: list[Problem] = field(init=False)

    def __post_init__(self) -> None:
        self.keep = np.ones(self.table.frame.height, bool)
        self.problems = list(self.table.problems)

    def drop(self, bad: Bools | pl.Series, what: str, remedy: str, *, column: str = "") -> None:
        """Drop rows; `{}` in `what` becomes the first bad value of `column`.

        A row that was dropped before is not counted again, so counts add up to the rows read.
        """
        rows = np.flatnonzero(np.asarray(bad, dtype=bool) & self.keep)
        if not len(rows):
            return
        first = int(rows[0])
        value = short(self.table.frame[column][first]) if column else ""
        self.keep[rows] = False
        place = self.table.line(first)
        self.problems.append(Problem(self.table.name, place, what.format(value), remedy, len(rows)))


def find(folder: Path, stem: str) -> Path | None:
    """The one table of that name in a folder.

    Raises:
        BadData: where it is there in two formats.
    """
    found = [path for suffix in SUFFIXES if (path := folder / (stem + suffix)).is_file()]
    if len(found) > 1:
        raise BadData(f"{folder.name} has {found[0].name} and {found[1].name}; keep one of them")
    return found[0] if found else None


def read_table(path: Path, *, separator: str = ",") -> Table:
    """Read a table file.

    Raises:
        BadData: for a file that is empty, not UTF-8, not a table, or has an unclosed quote.
    """
    parquet = path.suffix == ".parquet"
    table = _read_parquet(path) if parquet else _read_csv(path, separator)
    table = _without_nul(table)
    texts = pl.col(pl.String).str.strip_chars()
    frame = table.frame.rename(str.strip).with_columns(pl.when(texts != "").then(texts))
    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
    if frame.height == 0 or blank.all():
        raise BadData(f"{path.name}: the file has no rows below its header; put some in")
    return Table(path, frame.filter(~blank), table.records[~blank], separator, table.problems)


def _without_nul(table: Table) -> Table:
    """The same without NUL bytes, which no text has; told where there were some."""
    texts = pl.col(pl.String)
    found = table.frame.select(texts.str.contains("\0", literal=True).fill_null(False))
    rows = np.flatnonzero(found.to_numpy().any(axis=1))
    if not len(rows):
        return table
    line = table.line(int(rows[0]))
    remedy = "export the table again, as UTF-8; they were left out"
    problem = Problem(table.name, line, "a cell holds NUL bytes", remedy, len(rows))
    frame = table.frame.with_columns(texts.str.replace_all("\0", "", literal=True))
    return replace(table, frame=frame, problems=(*table.problems, problem))


def _read_parquet(path: Path) -> Table:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadData(
            f"{path.name}: not a parquet file ({_first_line(error)}); write it anew"
        ) from None
    categories = [name for name in frame.columns if frame[name].dtype in (pl.Categorical, pl.Enum)]
    return Table(path, frame.cast(dict.fromkeys(categories, pl.String)), np.arange(frame.height))


def _read_csv(path: Path, separator: str) -> Table:
    try:
        source = _unpacked(path) if path.suffix == ".gz" else path
        frame = pl.read_csv(source, infer_schema=False, separator=separator)
    except pl.exceptions.NoDataError:
        raise BadData(f"{path.name}: the file is empty; it needs a header and rows") from None
    except pl.exceptions.ComputeError:
        _check_utf8(path)
        return _repair(path, separator)
    if any("\ufffd" in name or "\0" in name for name in frame.columns):
        _check_utf8(path)
    return Table(path, frame, np.arange(frame.height), separator)


def _repair(path: Path, separator: str) -> Table:
    """The slow way, for files that polars refuses: leave out the records that do not fit."""
    header: list[str] = []
    good, records, bad = io.StringIO(), [], []
    writer = csv.writer(good)
    for number, (line, cells, fault) in enumerate(_records(path, separator)):
        if number == 0:
            header = cells
            writer.writerow(cells)
        elif fault or len(cells) > len(header):
            bad.append((line, fault or f"{len(cells)} cells where the header has {len(header)}"))
        elif cells:
            records.append(number - 1)
            writer.writerow(cells + [""] * (len(header) - len(cells)))
    good.seek(0)
    frame = pl.read_csv(good, infer_schema=False)
    problems = []
    if bad:
        line, fault = bad[0]
        remedy = "put cells that contain a comma or a quote in quotes"
        problems = [Problem(path.name, line, fault, remedy, len(bad))]
    return Table(path, frame, np.asarray(records, np.int64), separator, tuple(problems))


def _records(path: Path, separator: str) -> Iterator[tuple[int, list[str], str]]:
    """Line, cells and fault of each record of a csv file, the header first."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        csv.field_size_limit(max(LONGEST, csv.field_size_limit()))
        reader = csv.reader(file, delimiter=separator, strict=True)
        started = False
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end" in str(error):
                    raise BadData(
                        f"{path.name}, line {line}: a quote is opened here and never closed; "
                        "close it, or write it twice where it is part of the text"
                    ) from None
                yield line, [], str(error)
                continue
            if cells or started:
                started = True
                yield line, cells, ""


def _unpacked(path: Path) -> bytes:
    """What a packed file holds, unless it is far more than tables of its size do."""
    most = max(UNPACKED, TIMES * path.stat().st_size)
    try:
        with gzip.open(path) as file:
            raw = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"{path.name}: not a whole gzip file ({error}); pack it anew") from None
    if len(raw) > most:
        raise BadData(
            f"{path.name}: unpacks to more than {most // 1024**2} MiB, {TIMES} times its size; "
            f"if it is meant, unpack it to {path.stem}"
        )
    return raw


def _check_utf8(path: Path) -> None:
    raw = _unpacked(path) if path.suffix == ".gz" else path.read_bytes()
    try:
        raw.decode("utf-8")
        where = 0 if b"\0" in raw else -1
    except UnicodeDecodeError as error:
        where = error.start
    if where >= 0:
        line = raw.count(b"\n", 0, where) + 1
        raise BadData(
            f"{path.name}, line {line}: not UTF-8 text; save the file as UTF-8 "
            "(in a spreadsheet: 'CSV UTF-8')"
        )


def short(value: object) -> str:
    """At most 40 characters of a value, for a message."""
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]

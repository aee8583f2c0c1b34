"""Facets: which items have a value in a column, and which hold some words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from prismrec.data.shop import Shop
from prismrec.data.sources.ids import as_text, rows_of
from prismrec.data.sources.settings import read_settings
from prismrec.data.sources.table import find, read_table
from prismrec.errors import BadData
from prismrec.types import Bools, Ints

__all__ = ["Facets", "Words", "columns_of"]

LONGEST = 60  # characters of a value that names something; longer ones are prose
FEW = 0.2  # distinct words per distinct value, up to which a column lists words like "Comedy Drama"
SEPARATORS = r"\s*[|;,、；，/]\s*"
WHOLE = r"(\d)\.0$"  # of a year that was written as a number with decimals
MARK = "\x1f"  # between the names of a cell: no text has it
EMPTY: Ints = np.empty(0, np.int64)
MOST = 16  # words of one filter: each is looked for in every text
FRESH = 512  # items that were put since the words of all were laid together


def columns_of(shop: Shop) -> pl.DataFrame:
    """The further columns of the items table as texts, in the order of the shop's items.

    Left out are identifiers, titles and paths. Without a table there are no columns.
    """
    n = len(shop.item_ids)
    file = find(shop.path, "items") if shop.path.is_dir() else None
    if file is None:
        return pl.DataFrame()
    settings = read_settings(shop.path).items
    table = read_table(file)
    known = rows_of(as_text(table.column(settings.id or "item")), shop.item_ids)
    rows = known.fill_null(n).to_numpy()
    place = np.full(n + 1, -1, np.int64)
    place[rows[::-1]] = np.arange(len(rows))[::-1]  # of two rows of one item the first stays
    taken = pl.Series(place[:n])
    taken = taken.set(taken < 0, None)
    paths = [getattr(settings, name) or name for name in ("image", "audio", "video")]
    other = {settings.id or "item", settings.title or "title", *paths}
    return pl.DataFrame(
        {
            name: as_text(table.frame[name]).gather(taken)
            for name in table.frame.columns
            if name not in other and not table.frame[name].dtype.is_nested()
        }
    )


class Facets:
    """Column -> value -> rows of the items that have it.

    Columns of prose, and those in which no two items are alike, are no facets. A cell may list
    several names, with | ; , or / between them, or words of a small vocabulary.
    """

    def __init__(self, columns: pl.DataFrame) -> None:
        self._spaced: set[str] = set()
        self._prose: set[str] = set()
        self._rows: dict[str, dict[str, Ints]] = {}
        for name in columns.columns:
            found = self._indexed(columns[name])
            if found is None:
                self._prose.add(name)
            else:
                self._rows[name] = found

    def mask(self, column: str, values: Sequence[str], n: int) -> Bools:
        """(n,) which of the first n rows have any of the values.

        Raises:
            BadData: for a column that is no facet.
        """
        index = self._rows.get(column)
        if index is None:
            known = ", ".join(list(self._rows)) or "none"
            raise BadData(f"items cannot be filtered by {column!r}; by these they can: {known}")
        out = np.zeros(n, bool)
        for value in values:
            rows = index.get(value, EMPTY)
            out[rows[rows < n]] = True
        return out

    def put(self, row: int, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Let a row have other cells than before."""
        for column in {**before, **after}:
            if column in self._prose:
                continue
            old = self._names(column, before.get(column))
            new = self._names(column, after.get(column))
            if new or column in self._rows:
                index = self._rows.setdefault(column, {})
                for value in old - new:
                    index[value] = index[value][index[value] != row]
                for value in new - old:
                    index[value] = np.append(index.get(value, EMPTY), row)

    def counts(self, there: Bools) -> dict[str, list[tuple[str, int]]]:
        """Values of each column with how many of the items that are there have them."""
        out = {}
        for column, index in list(self._rows.items()):
            counted = [(value, int(there[rows].sum())) for value, rows in list(index.items())]
            some = [pair for pair in counted if pair[1]]
            out[column] = sorted(some, key=lambda pair: (-pair[1], pair[0]))
        return {column: found for column, found in out.items() if found}

    def shared(
        self, cells: Mapping[str, str], others: Mapping[str, str]
    ) -> dict[str, tuple[str, ...]]:
        """Column -> the names that two items have both; columns without any are left out."""
        both = {
            column: self._names(column, cell) & self._names(column, others.get(column))
            for column, cell in cells.items()
            if column in self._rows
        }
        return {column: tuple(sorted(names)) for column, names in both.items() if names}

    def _names(self, column: str, cell: str | None) -> set[str]:
        if not cell:
            return set()
        parts = cell.split() if column in self._spaced else re.split(SEPARATORS, cell)
        return {re.sub(WHOLE, r"\1", part) for part in parts if part}

    def _indexed(self, cells: pl.Series) -> dict[str, Ints] | None:
        texts = cells.drop_nulls()
        longest = texts.str.len_chars().max()
        if longest is None or int(str(longest)) > LONGEST:
            return None
        split = cells.str.replace_all(SEPARATORS, MARK)
        if not split.str.contains(MARK, literal=True).any() and _lists_words(texts):
            self._spaced.add(cells.name)
            split = cells.str.replace_all(r"\s+", MARK)
        frame = pl.DataFrame({"name": split.str.split(MARK)}).with_row_index("row")
        frame = frame.explode("name").drop_nulls("name")
        frame = frame.with_columns(pl.col("name").str.replace(WHOLE, "$1"))
        frame = frame.filter(pl.col("name") != "").unique(maintain_order=True)
        grouped = frame.group_by("name", maintain_order=True).agg("row")
        if grouped.height == frame.height:
            return None
        rows = (one.to_numpy().astype(np.int64) for one in grouped["row"])
        return dict(zip(grouped["name"].to_list(), rows, strict=True))


class Words:
    """What can be read of each item, to be searched for words."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._all = pl.Series([text.casefold() for text in texts], dtype=pl.String)
        self._put: dict[int, str] = {}

    def put(self, row: int, text: str) -> None:
        """Let a row read otherwise."""
        self._put = {**self._put, row: text.casefold()}
        if len(self._put) > FRESH:
            texts = self._all.to_list()
            texts += [""] * (max(self._put) + 1 - len(texts))
            for changed, said in self._put.items():
                texts[changed] = said
            self._all, self._put = pl.Series(texts, dtype=pl.String), {}

    def mask(self, words: str, n: int) -> Bools:
        """(n,) which of the first n rows hold all of the words, as parts of words too.

        Raises:
            BadData: for more words than `MOST`.
        """
        put, texts = self._put, self._all  # in this order: what left `put` is in `texts`
        asked = list(dict.fromkeys(words.casefold().split()))
        if len(asked) > MOST:
            raise BadData(f"a filter by text takes at most {MOST} words, not {len(asked)}")
        out = np.zeros(n, bool)
        found = np.ones(len(texts), bool)
        for word in asked:
            found &= texts.str.contains(word, literal=True).to_numpy()
        out[: len(texts)] = found[:n]
        for row, text in put.items():
            if row < n:
                out[row] = all(word in text for word in asked)
        return out


def _lists_words(texts: pl.Series) -> bool:
    values = texts.unique()
    words = values.str.split(" ").explode().unique()
    return bool(values.str.contains(" ", literal=True).any()) and len(words) <= FEW * len(values)

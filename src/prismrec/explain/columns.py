"""What the table of items says of both of two items: the same artist, genre or brand."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from prismrec.data.shop import Shop
from prismrec.data.sources.ids import as_text
from prismrec.data.sources.settings import read_settings
from prismrec.data.sources.table import find, read_table

__all__ = ["Columns"]

LONGEST = 60  # characters of a value that names something; longer ones are prose
FEW = 0.5  # distinct words per distinct value, up to which a column lists words like "Comedy Drama"
SEPARATORS = re.compile(r"\s*[|;,、；，/]\s*")
WHOLE = re.compile(r"(?<=\d)\.0$")  # of a year that was written as a number with decimals


class Columns:
    """The columns of the items table that name something which several items can share.

    Left out are identifiers, titles, paths and prose, and columns in which no two rows are alike.
    A cell may list several names, with | ; , or / between them, or words of a small vocabulary.
    """

    def __init__(self, shop: Shop) -> None:
        self._names: dict[str, list[frozenset[str]]] = {}
        file = find(shop.path, "items") if shop.path.is_dir() else None
        if file is None:
            return
        settings = read_settings(shop.path).items
        table = read_table(file)
        ids = as_text(table.column(settings.id or "item"))
        rows = {name: row for row, name in reversed(list(enumerate(ids.to_list())))}
        order = [rows.get(name) for name in shop.item_ids]
        paths = [getattr(settings, name) or name for name in ("image", "audio", "video")]
        other = {settings.id or "item", settings.title or "title", *paths}
        for name in table.frame.columns:
            column = table.frame[name]
            if name not in other and not column.dtype.is_nested():
                values = _names_in(as_text(column))
                if values is not None:
                    empty: frozenset[str] = frozenset()
                    self._names[name] = [empty if row is None else values[row] for row in order]

    def shared(self, item: int, other: int) -> dict[str, tuple[str, ...]]:
        """Column -> the names that stand there for both items; columns without any are left out."""
        both = {name: values[item] & values[other] for name, values in self._names.items()}
        return {name: tuple(sorted(found)) for name, found in both.items() if found}


def _names_in(column: pl.Series) -> list[frozenset[str]] | None:
    """The names in each cell; None for a column that names nothing that can be shared."""
    texts = column.drop_nulls()
    longest = texts.str.len_chars().max()
    if longest is None or int(str(longest)) > LONGEST:
        return None
    cells = [[] if text is None else SEPARATORS.split(text) for text in column.to_list()]
    if all(len(cell) <= 1 for cell in cells) and _lists_words(texts.unique().to_list()):
        cells = [[] if text is None else text.split() for text in column.to_list()]
    found = [frozenset(WHOLE.sub("", name) for name in cell if name) for cell in cells]
    named = [name for names in found for name in names]
    return found if len(set(named)) < len(named) else None


def _lists_words(values: Sequence[str]) -> bool:
    words = {word for value in values for word in value.split()}
    return any(" " in value for value in values) and len(words) <= FEW * len(values)

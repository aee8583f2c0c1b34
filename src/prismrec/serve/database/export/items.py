"""The items table of a shop with what was posted to a server: added, replaced, removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from prismrec.data.shop import Shop
from prismrec.data.sources.catalogue import FILES
from prismrec.data.sources.ids import as_text
from prismrec.data.sources.settings import CatalogueColumns
from prismrec.data.sources.table import Table
from prismrec.serve.values import Item
from prismrec.types import Ints

__all__ = ["Merged", "merged_items"]

Place = Callable[[str], str | None]  # value of a medium -> what the new table has for it


@dataclass(frozen=True, eq=False)
class Merged:
    """A table of items, and where its rows come from."""

    frame: pl.DataFrame  # (n, columns)
    rows: Ints  # (n,) row of the old table, -1 for an item that it did not have
    ids: frozenset[str]


def merged_items(
    table: Table | None,
    shop: Shop,
    posted: Mapping[str, Item],
    *,
    settings: CatalogueColumns,
    place: Place,
) -> Merged:
    """The old rows, without removed items and with new content where it was posted, then new ones.

    A posted text goes into the first column that is text. Where others are joined to it, they are
    emptied if shop.toml names them, and stay where they are what was posted as columns.

    Args:
        table: the old one; None where the shop has none.
        shop: as it was read.
        posted: identifier -> latest state.
        settings: columns of the table.
        place: where a medium lies in the new folder.
    """
    name = settings.id or "item"
    old = _bare(shop, name, settings) if table is None else table.frame
    old = old.with_columns(as_text(old[name]).alias(name))
    ids = old[name].to_list()
    wanted = {item: each for item, each in posted.items() if not each.removed}
    keep, seen = [], set()
    for row, item in enumerate(ids):
        again = item in posted and item in seen
        seen.add(item)
        if not again and (item not in posted or item in wanted):
            keep.append(row)
    known = set(ids)
    new = [item for item in wanted if item not in known]
    cells = {item: _cells(each, old, settings, place) for item, each in wanted.items()}
    names = dict.fromkeys([*old.columns, *(c for row in cells.values() for c in row)])
    kept = old[keep]
    columns = {}
    for column in names:
        if column not in old.columns:
            values: list[object] = [None] * kept.height
        else:
            values = kept[column].to_list()
        for row, item in enumerate(kept[name].to_list()):
            if item in cells:
                values[row] = cells[item].get(column)
        values += [cells[item].get(column) for item in new]
        columns[column] = _series(column, values, old)
    rows = np.array([*keep, *[-1] * len(new)], np.int64)
    frame = pl.DataFrame(columns)
    return Merged(frame, rows, frozenset(frame[name].drop_nulls().to_list()))


def _bare(shop: Shop, name: str, settings: CatalogueColumns) -> pl.DataFrame:
    """A table of identifiers and titles, for a shop whose items only the log knows."""
    ids = pl.Series(name, list(shop.item_ids), dtype=pl.String)
    return pl.DataFrame([ids])


def _series(name: str, values: list[object], old: pl.DataFrame) -> pl.Series:
    """A column of the type that it had, as far as what was posted is of that type."""
    if name in old.columns:
        try:
            return pl.Series(name, values, dtype=old.schema[name])
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            pass
    return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)


def _cells(
    item: Item, old: pl.DataFrame, settings: CatalogueColumns, place: Place
) -> dict[str, str | None]:
    """What the row of a posted item holds."""
    name, title = settings.id or "item", settings.title or "title"
    files = {each: getattr(settings, each) or each for each in FILES}
    taken = {name, title, *files.values()}  # nobody's column becomes a path
    columns = {key.strip(): value for key, value in item.columns.items()}
    cells: dict[str, str | None] = {
        key: value for key, value in columns.items() if key and key not in taken
    }
    cells |= {name: item.item, title: item.title}
    for modality in ("image", "audio"):
        value = item.media.get(modality)
        found = None if value is None else place(value)
        if found is not None:
            cells[files[modality]] = found
    return cells | _texts(item, cells, old, settings)


def _texts(
    item: Item, cells: Mapping[str, str | None], old: pl.DataFrame, settings: CatalogueColumns
) -> dict[str, str | None]:
    """Cells of the columns that are joined to the text, so that they give what was posted."""
    title = settings.title or "title"
    if settings.text is not None:
        joined = [cells.get(each) for each in settings.text]
        if item.text is None:
            return {each: None for each in settings.text if each != title}
        if settings.separator.join(each for each in joined if each) == item.text:
            return {}
        names = [each for each in settings.text if each != title]
        first = item.title + settings.separator if title in settings.text else ""
        told = item.text.removeprefix(first)
        return {each: told if k == 0 else None for k, each in enumerate(names)}
    parts = [cells.get(each) for each in dict.fromkeys([title, *old.columns]) if each in cells]
    if not item.text or _holds(item.text, parts, settings.separator):
        return {}
    first = item.title + settings.separator
    column = next((each for each in ("text", "description") if each in old.columns), "text")
    return {column: item.text.removeprefix(first)}


def _holds(text: str, parts: list[str | None], separator: str) -> bool:
    """Whether a text is made of nothing but cells that the row has anyhow."""
    cells = {line for part in parts if part for line in part.split(separator)}
    return all(line in cells for line in text.split(separator))

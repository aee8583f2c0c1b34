"""Catalogue: the items of a server, those of the shop and those that were posted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import polars as pl

from prismrec.data.features import Feature
from prismrec.data.shop import Media, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import UnknownName
from prismrec.serve.facets import Facets, Words, columns_of
from prismrec.serve.values import Item, Where
from prismrec.types import MODALITIES, Bools, Ints

__all__ = ["Catalogue"]

EVERYTHING = Where()


class Catalogue:
    """Items by row. Rows are only ever appended; an item that was removed keeps its own.

    Safe to use from several threads: readers wait for nobody, and what was put or removed is seen
    by every call that begins later.
    """

    def __init__(self, shop: Shop) -> None:
        n = len(shop.item_ids)
        self._shop = shop
        self._lock = threading.RLock()
        self.ids: list[str] = list(shop.item_ids)
        self.titles: list[str] = list(shop.titles or shop.item_ids)
        self.rows: dict[str, int] = dict(shop.item_ids.rows)
        self._media: dict[str, dict[int, str | None]] = {}  # of rows that were put
        self._posted: dict[int, Item] = {}
        self._there = np.ones(n, bool)
        self._stocked = np.ones(n, bool)
        self._kept: tuple[int, Shop] | None = None
        self.revision = 0  # rises with every change

    @classmethod
    def of(cls, shop: Shop, known: Sequence[str] = (), titles: Sequence[str] = ()) -> Catalogue:
        """The items of a shop, then those that only a model knows.

        Args:
            shop: what lies on disk.
            known: identifiers of a model's items.
            titles: one for each of these; their identifiers where left out.
        """
        made = cls(shop)
        made.know(known, titles)
        return made

    def know(self, known: Sequence[str], titles: Sequence[str] = ()) -> None:
        """Append the items of a model that are not there yet; nothing but a title is known of them.

        They can be in a history, and are recommended like any other.
        """
        named = dict(zip(known, titles or known, strict=True))
        with self._lock:
            new = [name for name in named if name not in self.rows]
            if new:
                self._append(new, [named[name] for name in new])

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, item: str) -> int:
        """Row of an item.

        Raises:
            UnknownName: where there is none, or it was removed.
        """
        row = self.rows.get(item)
        if row is None or not self._there[row]:
            raise UnknownName(f"no item is called {item!r}; give the identifier of an item")
        return row

    def there(self, row: int) -> bool:
        """Whether the item of a row was not removed."""
        return bool(self._there[row])

    def put(self, item: Item) -> int:
        """Add an item or replace it as a whole; returns its row."""
        with self._lock:
            row = self.rows.get(item.item)
            if row is None:
                row = self._append([item.item], [item.title or item.item], there=False)
            before = self.item(row)
            self.titles[row] = item.title or item.item
            self._posted[row] = item
            for modality in (*MODALITIES, *self._shop.item_media):
                value = item.text if modality == "text" else item.media.get(modality)
                self._media.setdefault(modality, {})[row] = value or None
            if "_facets" in vars(self):
                self._facets.put(row, before.columns, item.columns)
            if "_words" in vars(self):
                self._words.put(row, _read(item))
            self._stocked[row] = item.in_stock
            self._there[row] = not item.removed
            self.revision += 1
            return row

    def remove(self, item: str) -> None:
        """Let an item be returned no more; histories keep it.

        Raises:
            UnknownName: where there is none, or it was removed already.
        """
        with self._lock:
            self._there[self.row(item)] = False
            self.revision += 1

    def item(self, row: int) -> Item:
        """What is known of the item of a row, as if it had been posted."""
        posted = self._posted.get(row)
        if posted is not None:
            return replace(posted, removed=not self._there[row])
        columns: dict[str, str] = {}
        if row < len(self._shop.item_ids) and self._columns.height:
            cells = self._columns.row(row, named=True)
            columns = {name: cell for name, cell in cells.items() if cell is not None}
        media = {name: self.medium(row, name) for name in self._shop.item_media if name != "text"}
        return Item(
            self.ids[row],
            self.titles[row],
            self.medium(row, "text"),
            columns,
            {name: value for name, value in media.items() if value is not None},
            removed=not self._there[row],
        )

    def medium(self, row: int, modality: str) -> str | None:
        """Text, path below the shop, address, or `UPLOAD` and a SHA-256; None without."""
        put = self._media.get(modality, {})
        if row in put:
            return put[row]
        media = self._shop.item_media.get(modality)
        return media.values[row] if media is not None and row < len(media.values) else None

    def mask(self, where: Where = EVERYTHING) -> Bools:
        """(n,) which rows may be returned; see `allowed`."""
        out = self._there.copy()
        n = len(out)
        for column, values in where.columns.items():
            out &= self._facets.mask(column, values, n)
        if where.text.strip():
            out &= self._words.mask(where.text, n)
        if where.in_stock:
            out &= self._stocked[:n]
        if where.only:
            only = np.zeros(n, bool)
            only[self._rows_of(where.only, n)] = True
            out &= only
        out[self._rows_of(where.exclude, n)] = False
        return out

    def allowed(self, where: Where) -> Ints:
        """Rows that may be returned; never one that was removed.

        Identifiers that no item has are passed over.

        Raises:
            BadData: for a column by which items cannot be told apart, and for too many words.
        """
        return np.flatnonzero(self.mask(where)).astype(np.int64)

    def warm(self) -> None:
        """Prepare the filters, which else the first that asks for them waits for."""
        assert self._facets is not None
        assert self._words is not None

    def facets(self) -> dict[str, list[tuple[str, int]]]:
        """Columns that name something shared -> values with counts, most frequent first."""
        with self._lock:
            return self._facets.counts(self._there)

    def shared(self, row: int, other: int) -> dict[str, tuple[str, ...]]:
        """Column -> the names that stand there for both items; columns without any are left out."""
        return self._facets.shared(self.item(row).columns, self.item(other).columns)

    def shop(self) -> Shop:
        """The catalogue as a shop, row for row: what was posted stands behind its own items."""
        with self._lock:
            if self._kept is None or self._kept[0] != self.revision:
                self._kept = self.revision, self._as_shop()
            return self._kept[1]

    def _as_shop(self) -> Shop:
        n, old = len(self.ids), len(self._shop.item_ids)
        if n == old and not self._posted:
            return self._shop
        media = {}
        for modality in dict.fromkeys((*self._shop.item_media, *self._media)):
            first = self._shop.item_media.get(modality)
            values: list[str | None] = [None] * n
            if first is not None:
                values[:old] = first.values
            for row, value in self._media.get(modality, {}).items():
                values[row] = value
            if any(value is not None for value in values):
                media[modality] = Media(modality, tuple(values))
        more = {
            name: feature.concatenated(
                Feature(np.zeros((n - old, feature.dim), np.float32), np.zeros(n - old, bool))
            )
            for name, feature in self._shop.item_features.items()
        }
        return replace(
            self._shop,
            item_ids=Vocabulary(tuple(self.ids)),
            titles=tuple(self.titles),
            item_media=media,
            item_features=more,
        )

    def _append(self, ids: Sequence[str], titles: Sequence[str], *, there: bool = True) -> int:
        first = len(self.ids)
        self.titles += titles
        self.ids += ids
        self._stocked = np.pad(self._stocked, (0, len(ids)), constant_values=True)
        self._there = np.pad(self._there, (0, len(ids)), constant_values=there)
        self.rows |= {name: first + place for place, name in enumerate(ids)}
        self.revision += 1
        return first

    def _rows_of(self, names: Sequence[str], n: int) -> list[int]:
        found = (self.rows.get(name, n) for name in names)
        return [row for row in found if row < n]

    @cached_property
    def _columns(self) -> pl.DataFrame:
        return columns_of(self._shop)

    @cached_property
    def _facets(self) -> Facets:
        with self._lock:
            made = Facets(self._columns)
            for row, item in self._posted.items():
                made.put(row, self._cells(row), item.columns)
            return made

    @cached_property
    def _words(self) -> Words:
        with self._lock:
            return Words([_read(self.item(row)) for row in range(len(self.ids))])

    def _cells(self, row: int) -> dict[str, str]:
        if row >= self._columns.height:
            return {}
        cells = self._columns.row(row, named=True)
        return {name: cell for name, cell in cells.items() if cell is not None}


def _read(item: Item) -> str:
    """Everything of an item that can be read, a line each."""
    return "\n".join([item.title, item.text or "", *item.columns.values()])

"""Posting: what a server is told is checked, kept in the database, and known to the next answer."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from prismrec.data.limits import Limits
from prismrec.data.shop import Shop
from prismrec.errors import UnknownName
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.database import Database, Once
from prismrec.serve.intake import Intake, checked
from prismrec.serve.people import People
from prismrec.serve.values import Event, Item
from prismrec.types import MODALITIES, Ints

__all__ = ["Posting"]


class Posting:
    """Takes events and items in. A write is answered after its commit and after memory has it."""

    def __init__(
        self, database: Database, catalogue: Catalogue, people: People, *, limits: Limits
    ) -> None:
        self._database, self._catalogue, self._people = database, catalogue, people
        self._limits = limits
        self._items = threading.Lock()  # memory gets items in the order of their commits
        self._events = threading.Lock()
        self._mine: set[str] = set()  # events known here that the database has not shown yet
        self._changed: set[int] = set()
        self._event = self._revision = 0  # numbers up to which the database was read

    def remember(self) -> list[int]:
        """Take from the database what came after the last look: before a start, or by others.

        Returns:
            Rows of the items that are new here or have changed, and are to be encoded.
        """
        rows = []
        with self._items:
            for revision, item in self._database.items(self._revision):
                row = self._catalogue.rows.get(item.item)
                before = None if row is None else self._catalogue.item(row)
                if before != item:
                    row = self._catalogue.put(item)
                    is_new = not item.removed and _media(before) != _media(item)
                    rows += [row] if is_new else []
                self._revision = revision
        self._changed.update(rows)
        for number, event in self._database.events(self._event):
            with self._events:
                if event.id in self._mine:
                    self._mine.discard(event.id)
                elif event.item in self._catalogue.rows:  # a shop may have lost it since
                    self._people.take(event)
                self._event = number
        return rows

    @property
    def changed(self) -> Ints:
        """Rows of the items that are not as the shop has them."""
        return np.array(sorted(self._changed), np.int64)

    def overtaken(self, shop: Shop, intake: Intake) -> list[int]:
        """Rows whose media changed after a state of the catalogue, or wait to be encoded.

        What was placed by that state, or is by the encoders of the model before, may be outdated.
        """
        found = []
        for row in map(int, self.changed):
            state = intake.of_row(row)
            waits = state is not None and bool(state.pending)
            late = row >= len(shop.item_ids) or any(
                self._catalogue.medium(row, name) != _value(shop, name, row) for name in MODALITIES
            )
            if self._catalogue.there(row) and (waits or late):
                found.append(row)
        return found

    def take_events(self, events: Sequence[Event], *, once: Once | None) -> dict[str, Any]:
        """Keep events, and let the next answer know of them; see `Service.take_events`."""
        for event in events:
            if event.item not in self._catalogue.rows:
                raise UnknownName(
                    f"no item is called {event.item!r}; post it before what people do with it"
                )
        named = [each if each.id else replace(each, id=uuid.uuid4().hex) for each in events]
        if not self._database.shared:
            taken = self._database.take_events(named, once=once)
            for event in taken.fresh:
                self._people.take(event)
            return {**taken.answer, "replayed": taken.replayed}
        ids = {each.id: each for each in named if each.id}
        with self._events:  # before they can be seen in the database
            self._mine |= ids.keys()
        fresh: set[str | None] = set()
        try:
            taken = self._database.take_events(named, once=once)
            fresh = {each.id for each in taken.fresh}
        finally:
            with self._events:
                seen = ids.keys() - self._mine  # passed over by a look meanwhile
                self._mine -= ids.keys() - fresh
                for name, event in ids.items():
                    if name in fresh or name in seen:
                        self._people.take(event)
        return {**taken.answer, "replayed": taken.replayed}

    def put_item(
        self, item: Item, contents: Mapping[str, bytes | None], *, once: Once | None, to: Intake
    ) -> tuple[dict[str, Any], bool]:
        """Keep an item with its media, and say whether these are to be encoded.

        See `Service.put_item`, which goes on.
        """
        if item.text:
            checked("text", item.text.encode("utf-8", "surrogatepass"), self._limits)
        kept: dict[str, bytes] = {}
        values: dict[str, str | None] = {}
        for modality, data in contents.items():
            values[modality] = None
            if data is not None:
                checked(modality, data, self._limits)
                values[modality] = to.uploads.value_of(data)
                kept[hashlib.sha256(data).hexdigest()] = data
        with self._items:
            row = self._catalogue.rows.get(item.item)
            there = row is not None and self._catalogue.there(row)
            before = self._catalogue.item(row) if row is not None and there else None
            media = {**(before.media if before else {}), **values}
            whole = replace(item, media={name: value for name, value in media.items() if value})
            answer = {"item": item.item, "created": before is None}
            taken = self._database.put_item(whole, kept, once=once, answer=answer)
            if not taken.replayed:
                for data in kept.values():
                    to.uploads.put(data)
                row = self._catalogue.put(whole)
            is_new = not taken.replayed and _media(before) != _media(whole)
            if is_new and row is not None:
                self._changed.add(row)
        return {**taken.answer, "replayed": taken.replayed}, is_new

    def remove_item(self, item: str, *, once: Once | None) -> dict[str, Any]:
        """Let an item be returned no more; see `Service.remove_item`."""
        with self._items:
            row = self._catalogue.rows.get(item)
            if row is None or (once is None and not self._catalogue.there(row)):
                raise UnknownName(f"no item is called {item!r}; nothing was removed")
            gone = replace(self._catalogue.item(row), removed=True)
            taken = self._database.put_item(gone, {}, once=once, answer={"item": item})
            if not taken.replayed:
                self._catalogue.put(gone)
        return {**taken.answer, "replayed": taken.replayed}


def _value(shop: Shop, modality: str, row: int) -> str | None:
    media = shop.item_media.get(modality)
    return None if media is None else media.values[row]


def _media(item: Item | None) -> tuple[str | None, Mapping[str, str]] | None:
    """What an item is encoded from; None where it cannot be returned."""
    return None if item is None or item.removed else (item.text, item.media)

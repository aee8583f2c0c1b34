"""Writing: events and items that the API takes."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from prismrec.serve.api.schemas.words import (
    ONLY,
    WHOLE,
    Column,
    Identifier,
    Kind,
    Line,
    Prose,
    Strict,
    Value,
)
from prismrec.serve.values import Event, Item

__all__ = ["ITEM_EXAMPLE", "EventBody", "EventsBody", "ItemBody"]

LATEST = 4_102_444_800  # the year 2100
# An item's picture and sound come as files; an address or a path of them is nothing that the
# server would ever open.
RESERVED = ("item", "title", "text", "image", "audio", "video")


class EventBody(Strict):
    """What somebody did with an item."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user": "ann", "item": "lamp-7", "event": "like"}]}
    )

    user: Identifier
    item: Identifier
    event: Literal["view", "click", "play", "cart", "like", "buy", "dislike", "skip"]
    time: Annotated[int, Field(ge=0, le=LATEST), WHOLE] | None = Field(
        default=None, description="Seconds since 1970; left out: now."
    )
    weight: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="Strength of interest; left out: that of the event.",
    )
    id: Identifier | None = Field(
        default=None,
        description="A second event of the same id is the same event, and not stored again.",
    )

    def taken(self) -> Event:
        """The same as the service takes it."""
        when = int(time.time()) if self.time is None else self.time
        return Event(self.user, self.item, self.event, when, weight=self.weight, id=self.id)


class EventsBody(Strict):
    """Several events, all of which are stored, or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {"user": "ann", "item": "lamp-7", "event": "like", "id": "a-1"},
                        {"user": "bob", "item": "rug-2", "event": "buy", "time": 1764300000},
                    ]
                }
            ]
        }
    )

    events: Annotated[list[EventBody], Field(min_length=1, max_length=1000)]


def _no_media(columns: dict[str, str]) -> dict[str, str]:
    for name in columns:
        if name.strip().lower() in RESERVED:
            raise ValueError(f"{name!r} is no further column; media are sent as files")
    return columns


ITEM_EXAMPLE: dict[str, Any] = {
    "title": "Desk lamp, green",
    "text": "A banker's lamp with a green shade.",
    "columns": {"genre": "lamps", "price": "49.00"},
    "in_stock": True,
}


class ItemBody(Strict):
    """An item as a whole: putting it again replaces its title, text and columns."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM_EXAMPLE]})

    title: Line
    text: Prose | None = None
    columns: Annotated[dict[Column, Value], Field(max_length=50), AfterValidator(_no_media)] = (
        Field(
            default_factory=dict,
            description="Further columns. Media come as files, never as addresses or paths.",
            json_schema_extra=ONLY,
        )
    )
    in_stock: bool = True
    without: Annotated[list[Kind], Field(max_length=2)] = Field(
        default_factory=list,
        description="Media to take away. One that is sent is kept; others stay as they are.",
    )

    def item(self, identifier: str) -> Item:
        """The same as the service takes it."""
        return Item(identifier, self.title, self.text, columns=self.columns, in_stock=self.in_stock)

"""What a server is asked, told and answers: plain values, by identifiers rather than rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from prismrec.data.interactions import EVENT_WEIGHTS
from prismrec.media.load import UPLOAD

__all__ = [
    "EVENTS",
    "UPLOAD",
    "Answer",
    "Ask",
    "Because",
    "Event",
    "Item",
    "Listed",
    "Person",
    "Together",
    "Where",
]

EVENTS = (*EVENT_WEIGHTS, "skip")  # a skip is told of, and changes nothing but what was shown

Together = Literal["mean", "least-misery", "most-pleasure"]


@dataclass(frozen=True)
class Person:
    """Somebody of the log, a stranger with a history, or both: a history is added to the log."""

    user: str | None = None
    history: tuple[str, ...] = ()  # identifiers of items, oldest first


@dataclass(frozen=True)
class Where:
    """Which items may be returned; all that are there where nothing is said."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # any of these values
    text: str = ""  # words, all of which the title, the text or a column must hold
    in_stock: bool = False  # whether items that are out of stock are left out
    exclude: tuple[str, ...] = ()  # identifiers
    only: tuple[str, ...] = ()  # identifiers; empty means all


@dataclass(frozen=True)
class Ask:
    """What is asked of a model."""

    people: tuple[Person, ...]  # one, or a group that is served together
    k: int = 10
    offset: int = 0  # items of the list that are passed over
    where: Where = Where()
    weights: Mapping[str, float] = field(default_factory=dict)  # of modalities; 1 where left out
    diversity: float = 0.0  # 0: by score alone, 1: as unlike each other as may be
    together: Together = "mean"  # how the scores of a group become one
    repeat: bool = False  # whether items that were used may be returned
    fresh: float = 0.1  # share of the places that is held open for items newer than the model


@dataclass(frozen=True)
class Because:
    """A past item that speaks for a recommended one."""

    item: str
    title: str
    modality: str  # through which it speaks most
    share: float  # of all that speaks for the recommended item, 0 to 1


@dataclass(frozen=True)
class Listed:
    """An item of a list."""

    item: str
    title: str
    score: float
    shares: Mapping[str, float] = field(default_factory=dict)  # by modality, sum 1; empty: unknown
    because: tuple[Because, ...] = ()  # what speaks most first
    fresh: bool = False  # whether it stands at a place that was held open for new items


@dataclass(frozen=True)
class Answer:
    """A list, best first, and how it came about."""

    items: tuple[Listed, ...]
    version: str  # of the model
    by: str = "model"  # or "popularity", where the model had no opinion on the people asked for


@dataclass(frozen=True)
class Event:
    """What somebody did with an item."""

    user: str
    item: str
    event: str  # one of EVENTS
    time: int  # seconds since 1970
    weight: float | None = None  # strength of interest; that of the event where None
    id: str | None = None  # given by the sender; a second event of the same id is the same event


@dataclass(frozen=True)
class Item:
    """An item that was posted, as a whole: putting it again replaces it."""

    item: str
    title: str
    text: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # further columns of the items table
    media: Mapping[str, str] = field(default_factory=dict)  # "image", "audio" -> UPLOAD + SHA-256
    in_stock: bool = True
    removed: bool = False

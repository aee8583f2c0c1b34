"""Answers: what the API gives. They describe; what is sent is written straight from the values."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AnswerBody",
    "Browsed",
    "Changed",
    "Described",
    "Explained",
    "Facets",
    "Found",
    "Live",
    "Open",
    "ProblemBody",
    "Put",
    "Ready",
    "Removed",
    "Status",
    "Stored",
    "Users",
    "Versions",
]

_LISTED: dict[str, Any] = {
    "item": "lamp-7",
    "title": "Desk lamp, green",
    "score": 1.25,
    "shares": {"image": 0.6, "text": 0.4},
    "because": [{"item": "rug-2", "title": "Rug", "modality": "image", "share": 0.5}],
    "fresh": False,
}


class BecauseBody(BaseModel):
    """A past item that speaks for the recommended one."""

    item: str
    title: str
    modality: str
    share: float


class ListedBody(BaseModel):
    """An item of a list."""

    item: str
    title: str
    score: float | None
    shares: dict[str, float] = Field(description="By modality, sum 1; empty where unknown.")
    because: list[BecauseBody]
    fresh: bool = Field(
        description="Whether it stands at a place that was held open for new items."
    )


class AnswerBody(BaseModel):
    """A list, best first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_LISTED], "version": "4f8d49cd4faecda0", "by": "model"}]
        }
    )
    items: list[ListedBody]
    version: str = Field(description="Of the model.")
    by: str = Field(description="model, or popularity where the model had no opinion.")


class WordBody(BaseModel):
    """Something that can be read."""

    text: str
    chinese: str
    share: float | None


class ReasonBody(BaseModel):
    """One respect in which an item matches."""

    kind: str
    modality: str
    adds: float
    standard: float
    words: list[WordBody]


class HitBody(BaseModel):
    """An item that was found."""

    item: str
    title: str
    score: float
    shares: dict[str, float]
    reasons: list[ReasonBody]


class Found(BaseModel):
    """Items that match, best first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hits": [
                        {
                            "item": "lamp-7",
                            "title": "Desk lamp, green",
                            "score": 3.5,
                            "shares": {"image": 1.0},
                            "reasons": [
                                {
                                    "kind": "colours",
                                    "modality": "image",
                                    "adds": 3.5,
                                    "standard": 2.0,
                                    "words": [{"text": "green", "chinese": "绿色", "share": 0.4}],
                                }
                            ],
                        }
                    ]
                }
            ]
        }
    )
    hits: list[HitBody]


class Open(BaseModel):
    """An answer that may have more than is said here."""

    model_config = ConfigDict(extra="allow")


class Explained(Open):
    """What speaks for an item, by modality and by past item."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "item": "lamp-7",
                    "title": "Desk lamp, green",
                    "score": 1.25,
                    "place": 1,
                    "of": 400,
                    "exact": True,
                    "drivers": {"image": 0.6, "text": 0.4},
                    "past": [{"item": "rug-2", "title": "Rug", "adds": 0.7}],
                }
            ]
        },
    )
    item: str
    title: str


class Stored(BaseModel):
    """What came of events."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stored": 2, "duplicates": 0}]})
    stored: int
    duplicates: int = Field(description="Events whose id was stored before.")


class Put(Open):
    """What came of an item."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "item": "lamp-7",
                    "created": True,
                    "encoded": ["image", "text"],
                    "pending": [],
                    "seconds": 0.21,
                }
            ]
        },
    )
    item: str
    created: bool
    encoded: list[str] = Field(description="Modalities that count from now on.")
    pending: list[str] = Field(description="Modalities that are still being encoded.")


class Removed(Open):
    """An item that is gone."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"item": "lamp-7", "removed": True}]}
    )
    item: str


class Described(Open):
    """An item as the catalogue has it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "item": "lamp-7",
                    "title": "Desk lamp, green",
                    "text": "A banker's lamp with a green shade.",
                    "columns": {"genre": "lamps"},
                    "media": {"image": True, "audio": False, "text": True},
                    "in_stock": True,
                    "encoded": ["image", "text"],
                    "events": 12,
                }
            ]
        },
    )
    item: str
    title: str


class Browsed(BaseModel):
    """A page of the catalogue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [{"item": "lamp-7", "title": "Desk lamp, green"}], "total": 1}]
        }
    )
    items: list[Described]
    total: int = Field(description="Items that the filter leaves.")


class UserBody(Open):
    """Somebody of the log."""

    user: str
    events: int


class Users(BaseModel):
    """A page of the users."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"users": [{"user": "ann", "events": 7}], "total": 1}]}
    )
    users: list[UserBody]
    total: int


class Facets(BaseModel):
    """Columns that can be filtered by, with the number of items of each value."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"facets": {"genre": [["jazz", 12], ["soul", 9]]}}]}
    )
    facets: dict[str, list[Annotated[list[str | int], Field(min_length=2, max_length=2)]]] = Field(
        description="Value and number of items, the most frequent first."
    )


class Versions(BaseModel):
    """Versions of the model, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"versions": [{"id": "4f8d49cd4faecda0", "current": True}]}]
        }
    )
    versions: list[dict[str, Any]]


class Changed(Open):
    """The version that answers from now on."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {"version": "4f8d49cd4faecda0", "before": "c0cccc2fb814d14f", "pinned": True}
            ]
        },
    )
    version: str


class Status(Open):
    """How the server is."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "version": "4f8d49cd4faecda0",
                    "items": 400,
                    "users": 300,
                    "events": 5200,
                    "coverage": {"image": {"media": 0.9, "encoded": 0.9}},
                    "queue": {"waiting": 0},
                    "uptime": 3600.0,
                }
            ]
        },
    )
    version: str


class Live(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "live"}]})
    status: str


class Ready(Open):
    """Whether requests can be answered."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"ready": True, "database": "ok", "search": "ready"}]},
    )
    ready: bool


class Where(BaseModel):
    """A place in a request that is wrong."""

    where: str
    message: str


class ProblemBody(BaseModel):
    """A refusal, as RFC 9457 has it."""

    model_config = ConfigDict(
        title="Problem",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "there is no item lamp-8",
                    "request_id": "0f8fad5bd9cb469fa165708d7f1c2d3e",
                }
            ]
        },
    )
    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[Where] | None = None

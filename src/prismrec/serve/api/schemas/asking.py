"""Asking: who is asked for, which items may come, and how they are weighed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from prismrec.serve.api.schemas.words import (
    ONLY,
    Amount,
    Column,
    Identifier,
    Line,
    Modality,
    Offset,
    Strict,
    Texts,
    Value,
)
from prismrec.serve.values import Ask, Person, Where

__all__ = ["AskBody", "ExplainBody", "PersonBody", "WhereBody", "WhereQuery"]

Identifiers = Annotated[list[Identifier], Field(max_length=1000)]


class PersonBody(Strict):
    """Somebody of the log, a stranger with a history, or both; an empty one is a stranger."""

    user: Identifier | None = Field(default=None, description="As in the log.")
    history: Identifiers = Field(
        default_factory=list, description="Items that were used besides, oldest first."
    )

    def person(self) -> Person:
        """The same as the service takes it."""
        return Person(self.user, tuple(self.history))


class WhereBody(Strict):
    """Which items may be returned; all where nothing is said."""

    columns: Annotated[
        dict[Column, Annotated[list[Value], Field(min_length=1, max_length=100)]],
        Field(max_length=20),
    ] = Field(
        default_factory=dict,
        description="Columns of the catalogue: any of these values.",
        json_schema_extra=ONLY,
    )
    text: Line = Field(default="", description="Words, all of which the item's texts must have.")
    in_stock: bool = Field(default=False, description="Leave out what is out of stock.")
    exclude: Identifiers = Field(default_factory=list, description="Items not to return.")
    only: Identifiers = Field(default_factory=list, description="No others; empty: all.")

    def where(self) -> Where:
        """The same as the service takes it."""
        columns = {name: tuple(values) for name, values in self.columns.items()}
        return Where(columns, self.text, self.in_stock, tuple(self.exclude), tuple(self.only))


class AskBody(Strict):
    """Who is to be recommended what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"people": [{"user": "ann"}], "k": 5},
                {
                    "people": [{"history": ["lamp-7", "rug-2"]}],
                    "modality_weights": {"image": 2.0, "text": 0.5},
                    "where": {"columns": {"genre": ["jazz"]}, "exclude": ["rug-3"]},
                    "diversity": 0.3,
                },
                {"people": [{"user": "ann"}, {"user": "bob"}], "together": "least-misery"},
            ]
        }
    )

    people: list[PersonBody] = Field(
        min_length=1, max_length=50, description="One, or a group that is served together."
    )
    k: Amount = Field(default=10, description="Length of the list.")
    offset: Offset = Field(default=0, description="Items of the list that are passed over.")
    where: WhereBody = Field(default=WhereBody())
    modality_weights: Annotated[
        dict[Modality, Annotated[float, Field(ge=0, le=10)]], Field(max_length=16)
    ] = Field(
        default_factory=dict,
        description="What each modality counts: 1 as the model has it, 0 nothing, 2 twice.",
        json_schema_extra=ONLY,
    )
    diversity: float = Field(
        default=0.0, ge=0, le=1, description="0: by score alone; 1: as unlike each other as may be."
    )
    together: Literal["mean", "least-misery", "most-pleasure"] = Field(
        default="mean", description="How the scores of a group become one."
    )
    repeat: bool = Field(default=False, description="Whether items that were used may be returned.")
    fresh: float = Field(
        default=0.1, ge=0, le=1, description="Share of the places held open for new items."
    )

    def ask(self) -> Ask:
        """The same as the service takes it."""
        return Ask(
            tuple(each.person() for each in self.people),
            self.k,
            self.offset,
            self.where.where(),
            weights=self.modality_weights,
            diversity=self.diversity,
            together=self.together,
            repeat=self.repeat,
            fresh=self.fresh,
        )


class WhereQuery(Texts):
    """The filters that a query string can hold."""

    column: Annotated[
        list[
            Annotated[str, Field(max_length=2_100, pattern=r"^[^:\u0000-\u001f]{1,64}:[^\u0000]*$")]
        ],
        Field(max_length=100),
    ] = Field(
        default_factory=list,
        description="NAME:VALUE of a column; one name again means any of its values.",
        examples=[["genre:jazz", "genre:soul"]],
    )
    text: Line = Field(default="", description="Words, all of which the item's texts must have.")
    in_stock: bool = Field(default=False, description="Leave out what is out of stock.")
    exclude: Identifiers = Field(default_factory=list, description="Items not to return.")
    only: Identifiers = Field(default_factory=list, description="No others; empty: all.")

    def where(self) -> Where:
        """The same as the service takes it."""
        columns: dict[str, tuple[str, ...]] = {}
        for pair in self.column:
            name, _, value = pair.partition(":")
            columns[name] = (*columns.get(name, ()), value)
        return Where(columns, self.text, self.in_stock, tuple(self.exclude), tuple(self.only))


class ExplainBody(Strict):
    """Which recommendation is to be explained."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"person": {"user": "ann"}, "item": "lamp-7"},
                {"person": {"history": ["rug-2"]}, "item": "lamp-7", "against": "rug-3"},
            ]
        }
    )

    person: PersonBody
    item: Identifier
    against: Identifier | None = Field(
        default=None, description="Another item: why it stands above or below that one."
    )

"""Recommendations: for users, strangers and groups, and items that are like an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from prismrec.serve.api.answering import answer
from prismrec.serve.api.guarding import Reading
from prismrec.serve.api.schemas.answers import AnswerBody
from prismrec.serve.api.schemas.asking import AskBody, WhereQuery
from prismrec.serve.api.schemas.words import Amount, Identifier, Modality, Offset
from prismrec.serve.values import Ask, Person

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["recommendations"]

User = Annotated[Identifier, Path(description="As in the log.", examples=["ann"])]
ItemId = Annotated[Identifier, Path(description="As in the catalogue.", examples=["lamp-7"])]


class _ForUser(WhereQuery):
    """What can be asked about a user's list by query string."""

    k: Amount = Field(default=10, description="Length of the list.")
    offset: Offset = Field(default=0, description="Items of the list that are passed over.")
    diversity: float = Field(default=0.0, ge=0, le=1, description="0: by score alone.")
    repeat: bool = Field(default=False, description="Whether items that were used may be returned.")
    fresh: float = Field(
        default=0.1, ge=0, le=1, description="Share of the places held open for new items."
    )


class _Similar(WhereQuery):
    """What can be asked about an item's neighbours."""

    k: Amount = Field(default=10, description="Length of the list.")
    modality: Modality | None = Field(
        default=None, description="Compare by this alone, such as image.", examples=["image"]
    )


def recommendations(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=Reading, tags=["recommendations"])

    @router.post("/v1/recommendations", response_model=AnswerBody)
    def recommend(body: AskBody) -> Response:
        """Recommend for a user, a stranger's history, or a group."""
        return answer(service.recommend(body.ask()))

    @router.get("/v1/users/{user:name}/recommendations", response_model=AnswerBody)
    def recommend_user(user: User, asked: Annotated[_ForUser, Query()]) -> Response:
        """Recommend for a user of the log."""
        ask = Ask(
            (Person(user),),
            asked.k,
            asked.offset,
            asked.where(),
            diversity=asked.diversity,
            repeat=asked.repeat,
            fresh=asked.fresh,
        )
        return answer(service.recommend(ask))

    @router.get("/v1/items/{item:name}/similar", response_model=AnswerBody)
    def similar(item: ItemId, asked: Annotated[_Similar, Query()]) -> Response:
        """Items like this one, as a whole or by one modality."""
        found = service.similar(item, modality=asked.modality, k=asked.k, where=asked.where())
        return answer(found)

    return router

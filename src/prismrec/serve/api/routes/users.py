"""Users and facets: what can be picked from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from prismrec.serve.api.answering import answer
from prismrec.serve.api.guarding import Reading
from prismrec.serve.api.schemas.answers import Facets, Users
from prismrec.serve.api.schemas.words import Amount, Line, Texts

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["users"]


class _Asked(Texts):
    """Which users."""

    text: Line = Field(default="", description="Part of the name.")
    k: Amount = Field(default=50, description="How many.")
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        default=0, description="From which on."
    )


def users(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=Reading, tags=["users"])

    @router.get("/v1/users", response_model=Users)
    def list_users(asked: Annotated[_Asked, Query()]) -> Response:
        """List users, those with the most events first."""
        found, total = service.users(text=asked.text, k=asked.k, offset=asked.offset)
        return answer({"users": found, "total": total})

    @router.get("/v1/facets", response_model=Facets, tags=["items"])
    def facets() -> Response:
        """Say which columns can be filtered by."""
        return answer({"facets": service.facets()})

    return router

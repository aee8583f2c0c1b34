"""Models: their versions, and the operator's view of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response

from prismrec.errors import BadData
from prismrec.serve.api.answering import answer
from prismrec.serve.api.guarding import Administering
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.schemas.answers import Changed, Status, Versions
from prismrec.serve.api.schemas.words import Identifier

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["models"]

Version = Annotated[
    Identifier, Path(description="As in the list of versions.", examples=["4f8d49cd4faecda0"])
]


def models(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=Administering, tags=["operation"])

    @router.get("/v1/models", response_model=Versions)
    def versions() -> Response:
        """List the versions of the model."""
        return answer({"versions": service.versions()})

    @router.post("/v1/models/rollback", response_model=Changed)
    def roll_back() -> Response:
        """Go back to the version before, and stay there."""
        try:
            return answer(service.roll_back())
        except BadData as error:
            raise Problem(409, str(error)) from None

    @router.post("/v1/models/{version:name}/activate", response_model=Changed)
    def activate(version: Version) -> Response:
        """Put a version in, and stay there until another is activated."""
        return answer(service.activate(version))

    @router.get("/v1/status", response_model=Status)
    def status() -> Response:
        """Say how the server is: counts, coverage, queue, versions, quality of the data."""
        return answer(service.status())

    return router

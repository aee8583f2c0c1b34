"""Explanations: why an item is recommended, by modality and by past item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from prismrec.serve.api.answering import answer
from prismrec.serve.api.guarding import Reading
from prismrec.serve.api.schemas.answers import Explained
from prismrec.serve.api.schemas.asking import ExplainBody

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["explanations"]


def explanations(service: Service) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=Reading, tags=["explanations"])

    @router.post("/v1/explanations", response_model=Explained)
    def explain(body: ExplainBody) -> Response:
        """Say what speaks for an item, and what sets it apart from another."""
        return answer(service.tell(body.person.person(), body.item, against=body.against))

    return router

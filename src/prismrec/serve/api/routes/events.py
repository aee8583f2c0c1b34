"""Events: what people did, one by one or many together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Depends, Response

from prismrec.serve.api.answering import answer_once
from prismrec.serve.api.guarding import Writing
from prismrec.serve.api.idempotency import once_of
from prismrec.serve.api.metrics import Metrics
from prismrec.serve.api.schemas.answers import Stored
from prismrec.serve.api.schemas.writing import EventBody, EventsBody

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["events"]


def events(service: Service, metrics: Metrics) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=Writing, tags=["events"])

    @router.post("/v1/events", response_model=Stored)
    def take(
        body: Annotated[EventBody | EventsBody, Body()], once: Annotated[Any, Depends(once_of)]
    ) -> Response:
        """Take events in; once answered they are stored, and the very next list knows of them."""
        bodies = body.events if isinstance(body, EventsBody) else [body]
        done = service.take_events([each.taken() for each in bodies], once=once)
        if not done.get("replayed"):
            metrics.events.inc(done["stored"])
        return answer_once(done)

    return router

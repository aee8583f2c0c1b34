"""Health and metrics: for who watches over the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from prismrec.serve.api.answering import answer
from prismrec.serve.api.context import context_of
from prismrec.serve.api.guarding import Gate
from prismrec.serve.api.metrics import METRICS_TYPE, Metrics
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.schemas.answers import Live, Ready

if TYPE_CHECKING:
    from prismrec.serve.service import Service
    from prismrec.serve.settings import Settings

__all__ = ["health"]

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Counts for Prometheus.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


def health(service: Service, metrics: Metrics, settings: Settings) -> APIRouter:
    """The routes. Health asks for no key: it says nothing of the shop."""
    router = APIRouter(tags=["operation"])

    @router.get("/health/live", response_model=Live)
    async def live() -> Response:
        """Say that the process answers."""
        return answer({"status": "live"})

    @router.get(
        "/health/ready",
        response_model=Ready,
        responses={503: {"model": Ready, "description": "Not ready."}},
    )
    async def ready(request: Request) -> Response:
        """Say whether there is a model and its database."""
        gate: Gate = request.app.state.gate
        gate.admit(request, "", "health")  # each asks the database
        found = await run_in_threadpool(service.readiness)
        return answer(found, 200 if found["ready"] else 503)

    if settings.access.metrics != "off":

        @router.get("/metrics", response_class=Response, responses=_TEXT)
        async def read_metrics(request: Request) -> Response:
            """Counts for Prometheus."""
            caller = context_of(request.scope).caller
            if settings.access.metrics == "key" and caller is None:
                raise Problem(
                    401, "Show a key to read metrics.", headers={"WWW-Authenticate": "Bearer"}
                )
            if settings.access.metrics == "key" and not caller_reads(caller):
                raise Problem(403, "The key may not read.")
            return Response(await run_in_threadpool(metrics.text), media_type=METRICS_TYPE)

    return router


def caller_reads(caller: object) -> bool:
    """Whether a caller has a scope that reads."""
    return bool({"read", "admin"} & set(getattr(caller, "scopes", ())))

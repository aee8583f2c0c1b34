"""App: the routes, and the layers that every request passes, from the outside in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

from prismrec import __version__
from prismrec.errors import PrismrecError
from prismrec.serve.api.context import context_of
from prismrec.serve.api.forms import Forms, errors_of
from prismrec.serve.api.guarding import Gate
from prismrec.serve.api.heading import Heading
from prismrec.serve.api.metrics import Metrics
from prismrec.serve.api.names import RawPaths
from prismrec.serve.api.observing import Observing
from prismrec.serve.api.openapi import described
from prismrec.serve.api.problems import Problem, problem
from prismrec.serve.api.refusals import refusal
from prismrec.serve.api.routes.events import events
from prismrec.serve.api.routes.explanations import explanations
from prismrec.serve.api.routes.health import health
from prismrec.serve.api.routes.items import items, items_written
from prismrec.serve.api.routes.media import media
from prismrec.serve.api.routes.models import models
from prismrec.serve.api.routes.recommendations import recommendations
from prismrec.serve.api.routes.searching import searching
from prismrec.serve.api.routes.session import session
from prismrec.serve.api.routes.users import users
from prismrec.serve.api.security.attempts import Attempts
from prismrec.serve.api.security.callers import Callers, OpenDoor, cookie_name
from prismrec.serve.api.security.headers import Headers
from prismrec.serve.api.security.hosts import Hosts, answered
from prismrec.serve.api.security.keys import Keys
from prismrec.serve.api.security.origins import Origins

if TYPE_CHECKING:
    from prismrec.serve.service import Service

__all__ = ["create_app"]

WRONG = "The request is not as it should be."
METHODS = ("GET", "POST", "PUT", "DELETE")
SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match")
SHOWN = ("ETag", "Idempotency-Replayed", "Location", "Retry-After", "X-Request-ID")


def create_app(service: Service) -> FastAPI:
    """The HTTP API over a service, and the page where the settings have it.

    The service is not closed with the app; who opened it closes it.
    """
    settings = service.settings
    app = FastAPI(
        title="prismrec",
        version=__version__,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    metrics, keys, attempts = Metrics(service), Keys(service.database), Attempts()
    app.state.service, app.state.gate, app.state.metrics = service, Gate(settings), metrics
    app.state.keys, app.state.attempts = keys, attempts
    forms = Forms(settings.limits.upload_bytes)
    routers = [
        recommendations(service),
        searching(service, forms),
        events(service, metrics),
        media(service),
        items(service),
        items_written(service, forms, metrics),
        explanations(service),
        users(service),
        models(service),
        health(service, metrics, settings),
        session(keys, attempts, settings.access.https),
    ]
    if settings.page:
        from prismrec.serve.page import routes as page

        routers.append(page(service))
    _add(app, routers)
    described(app)
    _handle(app)
    _wrap(app, service, keys=keys, attempts=attempts)
    return app


def _add(app: FastAPI, routers: list[APIRouter]) -> None:
    """Put the routes in one flat list: a router inside a router is looked through twice."""
    for router in routers:
        app.router.routes.extend(router.routes)


def _wrap(app: FastAPI, service: Service, *, keys: Keys, attempts: Attempts) -> None:
    """Put the layers around the routes; the last one that is added is the outermost."""
    settings = service.settings
    access = settings.access
    app.add_middleware(RawPaths)
    app.add_middleware(Origins, friends=access.cors)
    app.add_middleware(
        Callers,
        door=OpenDoor(keys, settings),
        keys=keys,
        attempts=attempts,
        cookie=cookie_name(access.https),
    )
    if access.cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=access.cors,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
        )
    app.add_middleware(Hosts, names=answered(settings))
    app.add_middleware(Headers, https=access.https)
    app.add_middleware(Heading)
    app.add_middleware(Observing, metrics=app.state.metrics, most=settings.limits.in_flight)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = app.state.service.settings.work.threads
    yield


def _handle(app: FastAPI) -> None:
    """Tell of every error as a problem."""

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        raised = error if isinstance(error, Problem) else _plain(request, error)
        return problem(raised, context_of(request.scope).request_id)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        raised = Problem(422, WRONG, errors=errors_of(error.errors()))
        return problem(raised, context_of(request.scope).request_id)

    @app.exception_handler(PrismrecError)
    async def refused(request: Request, error: PrismrecError) -> Response:
        return problem(refusal(error), context_of(request.scope).request_id)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it


def _plain(request: Request, error: HTTPException) -> Problem:
    """What the framework refused, in our words."""
    if error.status_code == 405:
        allowed = _methods(request)
        return Problem(405, f"Use {allowed}.", headers={"Allow": allowed})
    if error.status_code == 404:
        return Problem(404, "There is nothing at this path.")
    return Problem(error.status_code, str(error.detail), headers=error.headers)


def _methods(request: Request) -> str:
    """Methods of all routes at a path; the framework names those of the first."""
    found: set[str] = set()
    for route in request.app.router.routes:
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.scope["path"]):
            found |= getattr(route, "methods", None) or set()
    found |= {"HEAD"} if "GET" in found else set()
    return ", ".join(sorted(found))

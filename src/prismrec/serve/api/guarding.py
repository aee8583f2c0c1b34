"""Guarding: what a route asks of a request before it reads a byte of the body."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from prismrec.serve.api.context import context_of
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.security.bodies import limited
from prismrec.serve.api.security.rates import Rates
from prismrec.serve.settings import Settings

__all__ = ["Administering", "Gate", "Guarded", "Reading", "Writing", "is_json", "strict_json"]

JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
SHOW = "Show a key: Authorization: Bearer prk_..."
SLOWER = "Too many requests; the Retry-After header says when to come again."
FORM_HEADS = 64 * 1024  # bytes of a form beside its files


class Gate:
    """Limits of one app; lies in `app.state.gate`."""

    def __init__(self, settings: Settings) -> None:
        self.limits = settings.limits
        burst = settings.limits.burst
        self.rates = {
            "read": Rates(settings.limits.rate_read, burst),
            "write": Rates(settings.limits.rate_write, burst),
            "health": Rates(settings.limits.rate_read, burst),
        }
        self.largest_form = 2 * settings.limits.upload_bytes + 2**20 + FORM_HEADS

    def admit(self, request: Request, scope: str, rate: str) -> None:
        """Let a request in; an empty scope is everybody's.

        Raises:
            Problem: 401 without a key, 403 where the key may not do this, 429 where too much came.
        """
        context = context_of(request.scope)
        caller = context.caller
        named = caller is not None and not caller.keyless
        who = f"key {caller.name}" if caller and named else f"from {context.address}"
        wait = self.rates[rate].take(who)
        if wait:
            raise Problem(429, SLOWER, headers={"Retry-After": str(wait)})
        if not scope:
            return
        if caller is None:
            raise Problem(401, SHOW, headers={"WWW-Authenticate": "Bearer"})
        if scope not in caller.scopes:
            raise Problem(403, f"The key {caller.name!r} lacks the scope {scope!r}.")


class Guarded(APIRoute):
    """A route that needs a scope; its request is read strictly and within the limits."""

    needs: ClassVar[str] = "admin"
    rate: ClassVar[str] = "write"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Admit, then limit, then read."""
        inner = super().get_route_handler()
        takes_form = "multipart/form-data" in _content(self.openapi_extra)
        takes_json = self.body_field is not None

        async def handle(request: Request) -> Response:
            gate: Gate = request.app.state.gate
            gate.admit(request, self.needs, self.rate)
            kind = request.headers.get("content-type", "")
            if takes_json and not is_json(kind):
                raise Problem(415, "Send application/json.")
            form = takes_form and kind.lower().startswith("multipart/")
            receive = limited(
                request.receive,
                request.headers,
                most=gate.largest_form if form else gate.limits.body_bytes,
                seconds=gate.limits.body_seconds,
            )
            return await inner(_Strict(request.scope, receive))

        return handle


class Reading(Guarded):
    """A route that changes nothing."""

    needs = "read"
    rate = "read"


class Writing(Guarded):
    """A route that takes something in."""

    needs = "write"


class Administering(Guarded):
    """A route for who runs the server."""


class _Strict(Request):
    """A request whose JSON has no NaN, no lone surrogate, no bottomless nesting, and is UTF-8."""

    async def json(self) -> Any:
        """The value of the body.

        Raises:
            Problem: 400 where it is no such JSON.
        """
        return strict_json(await self.body())


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is JSON's."""
    return JSON.fullmatch(content_type) is not None


def strict_json(raw: bytes) -> Any:
    """The value of a text.

    Raises:
        Problem: 400 where it is not JSON as RFC 8259 has it, or nested too deeply.
    """
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        reason = str(error).partition(" at line")[0]
        raise Problem(400, f"The body is not JSON: {reason}.") from None


def _content(extra: dict[str, Any] | None) -> dict[str, Any]:
    body = (extra or {}).get("requestBody", {})
    content: dict[str, Any] = body.get("content", {})
    return content

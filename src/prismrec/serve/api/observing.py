"""The outermost layer: a request id, the count, the log line, and no trace for the client."""

from __future__ import annotations

import re
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prismrec.serve.api.context import PLACE, Context
from prismrec.serve.api.logs import LOGGER
from prismrec.serve.api.metrics import Metrics
from prismrec.serve.api.problems import Problem, problem

__all__ = ["Observing"]

SANE = re.compile(rb"[A-Za-z0-9._-]{8,64}")
SORRY = "The server failed; the log has the reason under this request id."
BUSY = "The server has as many requests as it can take; try again in a moment."


class Observing:
    """Sees every request from its head to the end of its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics, most: int) -> None:
        self.app = app
        self.metrics = metrics
        self.most = most
        self.now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless there are too many."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = _Seen(send, Context(_request_id(scope), _address(scope)))
        scope[PLACE] = seen.context
        started = time.perf_counter()
        self.now += 1
        self.metrics.in_flight.set(self.now)
        try:
            if self.now > self.most and not scope["path"].startswith("/health/"):
                busy = Problem(503, BUSY, headers={"Retry-After": "1"})
                await problem(busy, seen.context.request_id)(scope, receive, seen)
            else:
                await self._guarded(scope, receive, seen)
        finally:
            self.now -= 1
            self.metrics.in_flight.set(self.now)
            self._tell(scope, seen, time.perf_counter() - started)

    async def _guarded(self, scope: Scope, receive: Receive, seen: _Seen) -> None:
        try:
            await self.app(scope, receive, seen)
        except Exception:
            LOGGER.exception("request failed", extra={"values": {"request_id": seen.id}})
            if not seen.status:
                sorry = problem(Problem(500, SORRY), seen.id)
                await sorry(scope, receive, seen)

    def _tell(self, scope: Scope, seen: _Seen, seconds: float) -> None:
        context, status = seen.context, seen.status or 499  # the client left before the answer
        route = context.route or getattr(scope.get("route"), "path_format", "")
        self.metrics.took((route, scope["method"]), status, seconds)
        values = {
            "request_id": context.request_id,
            "method": scope["method"][:16],
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 2),
            "key": context.caller.name if context.caller else None,
            **context.notes,
        }
        LOGGER.log(30 if status >= 500 else 20, "request", extra={"values": values})


class _Seen:
    """A way to answer that remembers the status and adds the request id."""

    def __init__(self, send: Send, context: Context) -> None:
        self.send = send
        self.context = context
        self.status = 0

    @property
    def id(self) -> str:
        return self.context.request_id

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [
                *message.get("headers", ()),
                (b"x-request-id", self.id.encode("ascii")),
            ]
        await self.send(message)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and SANE.fullmatch(value):
            return bytes(value).decode("ascii")
    return uuid.uuid4().hex


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"

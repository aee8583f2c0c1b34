"""Hosts: names under which the server answers, so that no foreign name can be bound to it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from prismrec.serve.api.context import context_of
from prismrec.serve.api.problems import Problem, problem
from prismrec.serve.settings import Settings

__all__ = ["Hosts", "answered", "own_name"]

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANYWHERE = ("0.0.0.0", "::", "")  # addresses to listen on, which are no names
NAME = re.compile(r"(?P<name>[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?")
REFUSED = (
    "This server does not answer to that host name; PRISMREC_TRUSTED_HOSTS lists those it does."
)


def answered(settings: Settings) -> frozenset[str]:
    """Names that are answered: this machine's, the one that is listened on, and trusted ones."""
    own = () if settings.host in ANYWHERE else (_bracketed(settings.host),)
    return frozenset(map(str.lower, (*LOOPBACK, *own, *settings.access.trusted_hosts)))


def own_name(value: str) -> str | None:
    """The name in a Host header, without the port; None where it is malformed."""
    found = NAME.fullmatch(value.lower())
    return found["name"].rstrip(".") if found else None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


class Hosts:
    """Refuses requests that name another host; health checks may use any address."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self.names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on that names this host once."""
        if scope["type"] == "http" and not self._known(scope):
            refused = problem(Problem(421, REFUSED), context_of(scope).request_id)
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _known(self, scope: Scope) -> bool:
        if "*" in self.names or scope["path"].startswith("/health/"):
            return True
        given = [value for name, value in scope["headers"] if name == b"host"]
        return len(given) == 1 and own_name(given[0].decode("latin-1")) in self.names

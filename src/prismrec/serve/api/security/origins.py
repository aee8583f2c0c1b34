"""Origins: a page of another site may not make a browser change anything here."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from prismrec.serve.api.context import context_of
from prismrec.serve.api.problems import Problem, problem

__all__ = ["Origins"]

SAFE = ("GET", "HEAD", "OPTIONS")
FOREIGN = "Another site made this request; it is answered only with a key in the header."


class Origins:
    """Refuses unsafe requests that a foreign page may have made.

    A key in the header is nothing that a foreign page could add; a cookie, or no key at all where
    none is asked for, is.
    """

    def __init__(self, app: ASGIApp, friends: Iterable[str]) -> None:
        self.app = app
        self.friends = frozenset(friends)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on that no foreign page made."""
        if scope["type"] == "http" and scope["method"] not in SAFE:
            context = context_of(scope)
            ambient = context.caller is None or context.caller.ambient
            if ambient and self._foreign(dict(scope["headers"])):
                refused = problem(Problem(403, FOREIGN), context.request_id)
                await refused(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _foreign(self, headers: dict[bytes, bytes]) -> bool:
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1") in self.friends:
            return False
        if headers.get(b"sec-fetch-site", b"none") not in (b"same-origin", b"none"):
            return True
        return origin is not None and not _same(origin, headers.get(b"host", b""))


def _same(origin: bytes, host: bytes) -> bool:
    """Whether an origin is the host that was asked; the scheme may be a proxy's."""
    try:
        return urlsplit(origin.decode("latin-1")).netloc.lower() == host.decode("latin-1").lower()
    except ValueError:
        return False

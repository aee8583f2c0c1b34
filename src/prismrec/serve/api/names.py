"""Names in paths: an identifier may hold a slash or a dot, so paths are taken apart undecoded."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["RawPaths"]


class _Name(Convertor[str]):
    """One segment of a path that was not decoded; what is no UTF-8 becomes a mark of its own."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value, errors="replace")

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


register_url_convertor("name", _Name())


class RawPaths:
    """Gives routes below /v1 the path as it was sent, so that %2F is no border between segments."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        raw = scope.get("raw_path")
        if scope["type"] == "http" and raw and scope["path"].startswith("/v1/"):
            scope["path"] = raw.partition(b"?")[0].decode("ascii", "replace")
        await self.app(scope, receive, send)

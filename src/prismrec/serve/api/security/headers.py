"""Headers that tell a browser what an answer may do: nothing that is not named here."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Headers"]

# Pictures and sounds that somebody is about to post are shown from memory: blob:.
PAGE = (
    b"default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; "
    b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NOTHING = b"default-src 'none'; frame-ancestors 'none'; sandbox"
ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
PRIVATE = (b"cache-control", b"no-store")  # answers about people are nobody's to keep


class Headers:
    """Adds the headers to every answer."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app = app
        self.always = [*ALWAYS, HSTS] if https else list(ALWAYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; only the head of the answer is touched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def start(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self.always]
                message["headers"] += _by_type(dict(message["headers"]))
            await send(message)

        await self.app(scope, receive, start)


def _by_type(headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    html = headers.get(b"content-type", b"").startswith(b"text/html")
    policy = (b"content-security-policy", PAGE if html else NOTHING)
    return [policy] if b"cache-control" in headers else [policy, PRIVATE]

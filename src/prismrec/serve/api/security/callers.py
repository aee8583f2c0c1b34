"""Callers: who sends a request, by a key in the header, by the page's cookie, or by nothing."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from starlette.types import ASGIApp, Receive, Scope, Send

from prismrec.errors import PrismrecError
from prismrec.serve.api.context import Caller, Context, context_of
from prismrec.serve.api.problems import Problem, problem
from prismrec.serve.api.refusals import refusal
from prismrec.serve.api.security.attempts import WAIT, WRONG, Attempts
from prismrec.serve.api.security.keys import ALL, Keys
from prismrec.serve.settings import Settings, is_private

__all__ = ["Callers", "OpenDoor", "cookie_name"]

LONGEST = 8192  # characters of a Cookie header


class OpenDoor:
    """Whether requests without a key are answered: on loopback, and while no key exists."""

    def __init__(self, keys: Keys, settings: Settings) -> None:
        self.keys = keys
        self.local = is_private(settings)
        self.always = settings.open and self.local

    async def __call__(self) -> bool:
        """Whether it is open now; a new key closes it within a few seconds."""
        if self.always or not self.local:
            return self.always
        return not await self.keys.all()


class Callers:
    """Finds out who asks; what they may do is the route's question."""

    def __init__(
        self, app: ASGIApp, door: OpenDoor, keys: Keys, *, attempts: Attempts, cookie: str
    ) -> None:
        self.app = app
        self.keys = keys
        self.door = door
        self.attempts = attempts
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller, unless it shows a wrong key."""
        if scope["type"] != "http" or scope["path"].startswith(("/health/", "/static/")):
            await self.app(scope, receive, send)
            return
        context = context_of(scope)
        try:
            context.caller = await self._caller(scope, context)
        except Problem as refused:
            await problem(refused, context.request_id)(scope, receive, send)
            return
        except PrismrecError as error:
            await problem(refusal(error), context.request_id)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _caller(self, scope: Scope, context: Context) -> Caller | None:
        if await self.door():
            return Caller("open", ALL, ambient=True, keyless=True)
        token, by_cookie = _shown(scope, self.cookie)
        if token is None:
            return None
        found = await self.keys.find(token)
        if found is not None:
            return Caller(found.name, found.scopes, ambient=by_cookie)
        wait = self.attempts.wait(context.address)
        if wait:
            raise Problem(429, WAIT, headers={"Retry-After": str(wait)})
        self.attempts.failed(context.address)
        if by_cookie and not scope["path"].startswith("/v1/"):
            return None  # the page opens and asks to sign in
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        if by_cookie:
            headers["Set-Cookie"] = f"{self.cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        raise Problem(401, WRONG, headers=headers)


def cookie_name(https: bool) -> str:
    """Name of the page's cookie; by TLS one that browsers take from this very host only."""
    return "__Host-prismrec" if https else "prismrec_key"


def _shown(scope: Scope, cookie: str) -> tuple[str | None, bool]:
    """The key of a request, and whether the cookie brought it; a header comes before a cookie."""
    cookies = []
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return (token.strip() if kind.lower() == "bearer" else "", False)
        if name == b"cookie" and len(value) <= LONGEST:
            cookies.append(value.decode("latin-1"))
    for text in cookies:
        try:
            found = SimpleCookie(text).get(cookie)
        except CookieError:
            continue
        if found is not None:
            return found.value, True
    return None, False

"""Session: the page signs in with a key, which the browser keeps where no script can read it."""

from __future__ import annotations

from typing import ClassVar

from fastapi import APIRouter, Request, Response
from pydantic import Field

from prismrec.serve.api.answering import answer
from prismrec.serve.api.context import Caller, context_of
from prismrec.serve.api.guarding import Guarded
from prismrec.serve.api.problems import Problem
from prismrec.serve.api.schemas.words import Strict
from prismrec.serve.api.security.attempts import WAIT, WRONG, Attempts
from prismrec.serve.api.security.callers import cookie_name
from prismrec.serve.api.security.keys import Keys

__all__ = ["session"]

HOURS = 12


class _SigningIn(Guarded):
    """A route for who has no key in the request yet."""

    needs: ClassVar[str] = ""


class _Key(Strict):
    """What signs in."""

    key: str = Field(max_length=256)


def session(keys: Keys, attempts: Attempts, https: bool) -> APIRouter:
    """The routes; none is part of the public schema."""
    router = APIRouter(route_class=_SigningIn, include_in_schema=False)
    name = cookie_name(https)

    @router.get("/session")
    async def who(request: Request) -> Response:
        """Say who is signed in."""
        return answer(_told(context_of(request.scope).caller))

    @router.post("/session")
    async def sign_in(request: Request, body: _Key) -> Response:
        """Check a key and keep it in a cookie."""
        address = context_of(request.scope).address
        found = await keys.find(body.key)
        if found is None:
            if wait := attempts.wait(address):
                raise Problem(429, WAIT, headers={"Retry-After": str(wait)})
            attempts.failed(address)
            raise Problem(401, WRONG)
        made = answer(_told(found))
        made.set_cookie(
            name, body.key, max_age=HOURS * 3600, httponly=True, samesite="strict", secure=https
        )
        return made

    @router.delete("/session")
    async def sign_out() -> Response:
        """Forget the key."""
        made = answer({"signed_out": True})
        made.delete_cookie(name, httponly=True, samesite="strict", secure=https)
        return made

    return router


def _told(caller: Caller | None) -> dict[str, object]:
    """Who it is, as the page shows it."""
    name, scopes = (caller.name, sorted(caller.scopes)) if caller else (None, [])
    return {"name": name, "scopes": scopes, "open": bool(caller and caller.keyless)}

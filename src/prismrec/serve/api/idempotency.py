"""Idempotency: a write that is sent again with its key is answered again, and not done again."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import Header, Request

from prismrec.serve.api.context import context_of
from prismrec.serve.database import Once

__all__ = ["IdempotencyKey", "once_of", "once_of_parts"]


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Any text of your own; sent again with the same request, the answer is the "
        "first one's and nothing is done twice. With another request it is refused.",
        examples=["7f1c9a52"],
    ),
]


async def once_of(request: Request, idempotency_key: IdempotencyKey = None) -> Once | None:
    """The key of a write without files; None where none was sent."""
    return once_of_parts(request, idempotency_key, [await request.body()])


def once_of_parts(request: Request, key: str | None, parts: list[bytes]) -> Once | None:
    """Likewise of a write with files, whose form looks different each time it is sent."""
    if key is None:
        return None
    digest = hashlib.sha256()
    raw: Any = request.scope.get("raw_path") or request.scope["path"].encode()
    for part in (request.method.encode(), raw.partition(b"?")[0], *parts):
        digest.update(len(part).to_bytes(8, "big") + part)
    caller = context_of(request.scope).caller
    return Once(key, caller.name if caller else "", digest.hexdigest())

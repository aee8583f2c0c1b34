"""Bodies: how many bytes may come, counted as they come, and how long they may take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import Message, Receive

from prismrec.serve.api.problems import Problem

__all__ = ["limited"]

CLOSE = {"Connection": "close"}
DIGITS = 20  # of a declared length; more would be refused in any case
LINGERING = 2**28  # bytes that may be thrown away so that the client reads the answer


def limited(receive: Receive, headers: Mapping[str, str], *, most: int, seconds: float) -> Receive:
    """A way to receive a body of at most `most` bytes within `seconds`.

    Raises:
        Problem: 413 at once where the declared length is too large, later where more bytes come;
            408 where they do not come; 415 for a coded body, whose size cannot be told.
    """
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Send the body without a Content-Encoding.")
    declared = headers.get("content-length", "0")
    digits = declared if declared.isascii() and declared.isdigit() else "0"
    length = int(digits[:DIGITS])
    if length > most:
        raise _too_large(most, CLOSE if length > LINGERING else None)
    left = most
    until = asyncio.get_running_loop().time() + seconds

    async def receive_limited() -> Message:
        nonlocal left
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise Problem(408, "The body did not arrive in time.", headers=CLOSE) from None
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large(most, CLOSE)
        return message

    return receive_limited


def _too_large(most: int, headers: Mapping[str, str] | None) -> Problem:
    return Problem(413, f"The body has more than {most} bytes.", headers=headers)

"""Keys of callers: all are read from the database every few seconds, and compared by hash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool

from prismrec.serve.api.context import Caller
from prismrec.serve.database import SCOPES, Database, Key, Unavailable, matches, parts_of

__all__ = ["ALL", "Keys"]

FRESH = 3.0  # seconds that what the database said is believed; a revocation takes no longer
SOON = 0.5  # seconds after which an unknown key is looked for again: it may just have been made
PATIENCE = 1.0  # seconds that a request waits for the database while there is an older answer
ALL = frozenset(SCOPES)
# Compared where there is no key, so that the time does not tell which identifiers exist.
NOBODY = Key("", "", "0" * 64, (), 0)


class Keys:
    """The keys there are. While the database is away those that were known stay known.

    All are held, so that a guess costs the database nothing. Used from one event loop.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.database = database
        self.clock = clock
        self.held: Mapping[str, Key] | None = None
        self.begun = float("-inf")  # when the database was last asked
        self.asking: asyncio.Task[None] | None = None

    async def find(self, token: str) -> Caller | None:
        """Whose key it is; None where it is none, was revoked or has expired.

        Raises:
            Unavailable: where the database is away and was never asked.
        """
        parts = parts_of(token)
        if parts is None:
            return None
        identity, secret = parts
        key = (await self.all()).get(identity) or (await self.all(SOON)).get(identity)
        same = matches(key or NOBODY, secret)
        if key is None or not same or not key.is_valid(time.time()):
            return None
        return Caller(key.name, frozenset(key.scopes) & ALL, ambient=False)

    async def all(self, age: float = FRESH) -> Mapping[str, Key]:
        """All keys by identifier, revoked ones too, as they were at most `age` seconds ago.

        Raises:
            Unavailable: where the database is away and was never asked.
        """
        if self.asking is None and self.clock() - self.begun >= age:
            self.begun = self.clock()
            self.asking = asyncio.create_task(self._ask())
        task = self.asking
        if task is not None:
            left = None if self.held is None else self.begun + PATIENCE - self.clock()
            if left is None or left > 0:
                await asyncio.wait({task}, timeout=left)
        if self.held is None:
            raise Unavailable("the database is away, and no key is known yet")
        return self.held

    async def _ask(self) -> None:
        try:
            found = await run_in_threadpool(self.database.keys)
        except Unavailable:
            return
        finally:
            self.asking = None
        self.held = {key.id: key for key in found}

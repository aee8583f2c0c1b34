"""Keys of callers, looked up in the database every few seconds and compared by hash."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from prismrec.serve.api.context import Caller
from prismrec.serve.database import SCOPES, Database, Key, Unavailable, matches, parts_of

__all__ = ["ALL", "FRESH", "Keys"]

FRESH = 3.0  # seconds that what the database said is believed; a revocation takes no longer
MOST = 4096  # keys that are held
ALL = frozenset(SCOPES)
# Compared where there is no key, so that the time does not tell which identifiers exist.
NOBODY = Key("", "", "0" * 64, (), 0)


class Keys:
    """Keys of the database, held for a few seconds; while it is away, those that were known."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.database = database
        self.clock = clock
        self.held: OrderedDict[str, tuple[Key | None, float]] = OrderedDict()
        self.lock = asyncio.Lock()

    async def find(self, token: str, *, ask: bool = True) -> Caller | None:
        """Whose key it is; None where it is none, was revoked or has expired.

        Args:
            token: as the client showed it.
            ask: whether the database may be asked about an id that is not held.
        """
        parts = parts_of(token)
        if parts is None:
            return None
        identity, secret = parts
        key = await self._key(identity, ask=ask)
        same = matches(key or NOBODY, secret)
        if key is None or not same or not key.is_valid(time.time()):
            return None
        return Caller(key.name, frozenset(key.scopes) & ALL, ambient=False)

    async def _key(self, identity: str, *, ask: bool) -> Key | None:
        known, until = self.held.get(identity, (None, 0.0))
        if self.clock() < until or (known is None and not ask):
            return known
        async with self.lock:
            known, until = self.held.get(identity, (None, 0.0))
            if self.clock() < until:
                return known
            try:
                known = await run_in_threadpool(self.database.key, identity)
            except Unavailable:  # who was known stays known
                if known is None:
                    raise
            if known is not None:
                self._hold(identity, known)
            return known

    def _hold(self, identity: str, key: Key) -> None:
        self.held.pop(identity, None)
        self.held[identity] = (key, self.clock() + FRESH)
        while len(self.held) > MOST:
            self.held.popitem(last=False)

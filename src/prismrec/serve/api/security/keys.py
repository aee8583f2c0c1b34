"""Keys: `prk_<id>_<secret>`, looked up in the database every few seconds and compared by hash."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool

from prismrec.errors import PrismrecError
from prismrec.serve.api.context import Caller

__all__ = ["ALL", "FRESH", "Keys", "parsed"]

TOKEN = re.compile(r"prk_([A-Za-z0-9]{1,32})_([A-Za-z0-9_-]{16,128})")
FRESH = 3.0  # seconds that what the database said is believed; a revocation takes no longer
MOST = 4096  # keys that are held
ALL = frozenset({"read", "write", "admin"})


def parsed(token: str) -> tuple[str, str] | None:
    """Id and secret of what a client showed; None where it cannot be a key."""
    found = TOKEN.fullmatch(token)
    return (found[1], found[2]) if found else None


class Keys:
    """Keys of the database, held for a few seconds; while it is away, those that were known."""

    def __init__(self, database: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.database = database
        self.clock = clock
        self.held: OrderedDict[str, tuple[Any, float]] = OrderedDict()
        self.lock = asyncio.Lock()

    async def find(self, token: str, *, ask: bool = True) -> Caller | None:
        """Whose key it is; None where it is none, was revoked or has expired.

        Args:
            token: as the client showed it.
            ask: whether the database may be asked about an id that is not held.
        """
        parts = parsed(token)
        if parts is None:
            return None
        identity, secret = parts
        key = await self._key(identity, ask=ask)
        digest = hashlib.sha256(secret.encode("ascii")).hexdigest()
        # Compared also where there is no key, so that the time does not tell which ids exist.
        same = hmac.compare_digest(digest, key.digest if key is not None else "0" * 64)
        if key is None or not same or _over(key):
            return None
        return Caller(key.name, frozenset(key.scopes) & ALL, ambient=False)

    async def _key(self, identity: str, *, ask: bool) -> Any:
        known, until = self.held.get(identity, (None, 0.0))
        if self.clock() < until or (known is None and not ask):
            return known
        async with self.lock:
            known, until = self.held.get(identity, (None, 0.0))
            if self.clock() < until:
                return known
            try:
                known = await run_in_threadpool(self.database.key, identity)
            except PrismrecError:  # it is away: who was known stays known
                if known is None:
                    raise
            if known is not None:
                self._hold(identity, known)
            return known

    def _hold(self, identity: str, key: Any) -> None:
        self.held.pop(identity, None)
        self.held[identity] = (key, self.clock() + FRESH)
        while len(self.held) > MOST:
            self.held.popitem(last=False)


def _over(key: Any) -> bool:
    """Whether a key was revoked or has expired."""
    expires = getattr(key, "expires", None)
    return bool(getattr(key, "revoked", None)) or (expires is not None and time.time() >= expires)

"""Rates: a bucket of tokens per key or address, refilled by time."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Rates"]

MOST = 10_000  # buckets; the one that was used longest ago is dropped, which fills it


class Rates:
    """Buckets of one rate. Used from one thread."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate  # tokens per second
        self.room = max(1.0, rate * burst)
        self.clock = clock
        self.buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> int:
        """Take a token: 0, or the seconds, rounded up, after which there is one."""
        now = self.clock()
        level, then = self.buckets.pop(who, (self.room, now))
        level = min(self.room, level + (now - then) * self.rate)
        enough = level >= 1.0
        self.buckets[who] = (level - 1.0 if enough else level, now)
        while len(self.buckets) > MOST:
            self.buckets.popitem(last=False)
        return 0 if enough else max(1, math.ceil((1.0 - level) / self.rate))

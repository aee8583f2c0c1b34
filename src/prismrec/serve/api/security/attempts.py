"""Attempts: who shows wrong keys waits longer each time."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["WAIT", "WRONG", "Attempts"]

WRONG = "That key is not known, was revoked or has expired."
WAIT = "Too many wrong keys came from here; wait before the next."
FREE = 5  # mistakes that cost nothing
LONGEST = 300.0  # seconds
FORGOTTEN = 900.0  # seconds after which an address begins anew
MOST = 10_000  # addresses that are remembered


class Attempts:
    """Failures by address of the client. Used from one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Seconds, rounded up, before an address may show another unknown key; 0 for now."""
        count, last = self.failures.get(address, (0, -math.inf))
        if count <= FREE or self.clock() - last > FORGOTTEN:
            return 0
        delay = min(2.0 ** (count - FREE - 1), LONGEST)
        return max(0, math.ceil(last + delay - self.clock()))

    def failed(self, address: str) -> None:
        """Take note of a wrong key."""
        count, last = self.failures.pop(address, (0, -math.inf))
        count = 0 if self.clock() - last > FORGOTTEN else count
        self.failures[address] = (min(count + 1, 64), self.clock())
        while len(self.failures) > MOST:
            self.failures.popitem(last=False)

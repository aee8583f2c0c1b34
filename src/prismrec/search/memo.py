"""Memo: what was found out about media once, up to a number of bytes, the latest used kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from prismrec.types import Floats

__all__ = ["MOST", "Memo"]

MOST = 64 * 1024**2  # bytes


class Memo:
    """Arrays by key; several threads may ask at once, and two may then compute the same."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[Hashable, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, key: Hashable, compute: Callable[[], Floats]) -> Floats:
        """What is kept under a key, else what is computed now; what raises is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = compute()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._size += found.nbytes
            while self._size > self._most and self._kept:
                self._size -= self._kept.popitem(last=False)[1].nbytes
        return found

    def __len__(self) -> int:
        return len(self._kept)

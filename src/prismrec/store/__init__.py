"""Where vectors are kept: mutable mappings from keys to vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Protocol

from prismrec.types import Floats

__all__ = ["Store", "vector_key"]


class Store(Protocol):
    """A `MutableMapping[str, Floats]` of vectors that also reads and writes many at once."""

    def get_many(self, keys: Iterable[str]) -> dict[str, Floats]:
        """The vectors of those keys that there are."""
        ...

    def put_many(self, vectors: Mapping[str, Floats]) -> None:
        """Keep vectors, all of them or, where that fails, none."""
        ...


def vector_key(fingerprint: str, content: bytes) -> str:
    """The key of a vector: what made it and what it was made of, never a file name."""
    return f"{fingerprint}/{hashlib.sha256(content).hexdigest()}"

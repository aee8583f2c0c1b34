"""MemoryStore: vectors that live as long as the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prismrec.types import Floats

__all__ = ["MemoryStore"]


class MemoryStore(dict[str, Floats]):
    """A dict of vectors."""

    def get_many(self, keys: Iterable[str]) -> dict[str, Floats]:
        """The vectors of those keys that there are."""
        return {key: self[key] for key in keys if key in self}

    def put_many(self, vectors: Mapping[str, Floats]) -> None:
        """Keep vectors."""
        self.update(vectors)

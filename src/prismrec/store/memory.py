"""MemoryStore: vectors that live as long as the process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from prismrec.store.blobs import from_bytes, to_bytes
from prismrec.types import Floats

__all__ = ["MemoryStore"]


class MemoryStore(MutableMapping[str, Floats]):
    """A dict of vectors."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    def close(self) -> None:
        """Nothing is held but memory."""

    def get_many(self, keys: Iterable[str]) -> dict[str, Floats]:
        """The vectors of those keys that there are."""
        return {key: self[key] for key in keys if key in self}

    def put_many(self, vectors: Mapping[str, Floats]) -> None:
        """Keep vectors."""
        self._blobs |= {key: to_bytes(vector) for key, vector in vectors.items()}

    def drop_many(self, keys: Iterable[str]) -> None:
        """Forget vectors."""
        for key in keys:
            self._blobs.pop(key, None)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Key and length of every vector, in order of keys."""
        return iter([(key, len(self._blobs[key]) // 4) for key in self])

    def compact(self) -> None:
        """Nothing is in the way."""

    def __getitem__(self, key: str) -> Floats:
        return from_bytes(self._blobs[key])

    def __setitem__(self, key: str, vector: Floats) -> None:
        self.put_many({key: vector})

    def __delitem__(self, key: str) -> None:
        del self._blobs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._blobs))

    def __len__(self) -> int:
        return len(self._blobs)

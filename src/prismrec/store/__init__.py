"""Where vectors are kept: mutable mappings from keys to vectors."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

from prismrec import registry
from prismrec.errors import BadData
from prismrec.types import Floats

__all__ = ["Store", "default_place", "open_store", "opened", "vector_key"]

CLOUD = ("s3", "gs", "az")  # schemes of addresses of object stores
FORMS = "write PATH.sqlite, PATH.lance, lance:FOLDER or s3://BUCKET/FOLDER"


class Store(Protocol):
    """A `MutableMapping[str, Floats]` of vectors that also reads and writes many at once.

    Vectors are float32 of one axis and any length; those of one store may differ in length.
    """

    def get_many(self, keys: Iterable[str]) -> dict[str, Floats]:
        """The vectors of those keys that there are; not to be written to."""
        ...

    def put_many(self, vectors: Mapping[str, Floats]) -> None:
        """Keep vectors, all of them or, where that fails, none."""
        ...

    def drop_many(self, keys: Iterable[str]) -> None:
        """Forget vectors; keys that there are not are passed over."""
        ...

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Key and length of every vector, in order of keys."""
        ...

    def compact(self) -> None:
        """Give back the room of what was dropped or replaced."""
        ...

    def close(self) -> None:
        """Release what is held; the store cannot be used afterwards."""
        ...


def vector_key(fingerprint: str, content: bytes) -> str:
    """The key of a vector: what made it and what it was made of, never a file name."""
    return f"{fingerprint}/{hashlib.sha256(content).hexdigest()}"


def default_place(shop: Path) -> str:
    """Where the vectors of a shop are kept: PRISMREC_STORE, else a file that goes with the shop."""
    from prismrec.store.sqlite import default_path

    return os.environ.get("PRISMREC_STORE") or f"sqlite:{default_path(shop)}"


def open_store(place: str | os.PathLike[str]) -> Store:
    """Open the store at a place: a path, `name:path` with a name of the registry, or an address.

    Raises:
        BadData: where the place says not which store it is, or that store cannot be opened.
        MissingPackage: where the store is not installed.
    """
    text = os.fspath(place)
    name, _, rest = text.partition(":")
    if rest.startswith("//") and name in CLOUD:
        name, rest = "lance", text
    elif text.endswith((".sqlite", ".lance")) and name not in registry.names("stores"):
        name, rest = text.rpartition(".")[2], text
    elif name not in registry.names("stores") or not (rest or name == "memory"):
        raise BadData(f"{text!r} names no store; {FORMS}")
    if rest.startswith("///"):  # sqlite:///here.sqlite, as databases are named elsewhere
        rest = rest.removeprefix("///")
    kind = registry.load("stores", name)
    return cast("Store", kind(rest) if rest else kind())


@contextmanager
def opened(store: Any, shop: Path) -> Iterator[Store]:
    """A store as it is, or the one at a place, which is closed in the end.

    `store` is a Store, what `open_store` takes, or None for the default place of a shop.
    """
    if store is not None and not isinstance(store, str | os.PathLike):
        yield store
        return
    with closing(open_store(default_place(shop) if store is None else store)) as own:
        yield own

"""Assets: modules, styles and words, held in memory under an address that names their contents."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["Asset", "Assets", "assets", "modules"]

IMPORT = re.compile(r'from "\./([\w-]+\.js)";')

TYPES: Mapping[str, str] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    data: bytes
    zipped: bytes  # the same by gzip
    type: str


@dataclass(frozen=True)
class Assets:
    """All files, by path; a request looks a path up here and never opens a file."""

    version: str  # a checksum of everything: one changed file gives all of them a new address
    files: Mapping[str, Asset]


@cache
def assets() -> Assets:
    """What the package holds of the page, read once."""
    package = files("prismrec.serve.page")
    found = dict(_below(package / "static", ""))
    found |= {f"words/{name}": data for name, data in _below(package / "words", "")}
    digest = hashlib.sha256()
    for name, data in sorted(found.items()):
        digest.update(f"{name} {len(data)} ".encode() + data)
    held = {name: _asset(name, data) for name, data in found.items()}
    return Assets(digest.hexdigest()[:16], held)


@cache
def modules(entry: str) -> tuple[str, ...]:
    """Paths of a module and of all that it imports, so that a browser can fetch them at once."""
    found, left = [entry], [entry]
    while left:
        source = assets().files[left.pop()].data.decode()
        named = [f"js/{name}" for name in IMPORT.findall(source)]
        left += (new := [name for name in dict.fromkeys(named) if name not in found])
        found += new
    return tuple(found)


def _asset(name: str, data: bytes) -> Asset:
    return Asset(data, gzip.compress(data, mtime=0), TYPES[name[name.rindex(".") :]])


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name[entry.name.rfind(".") :] in TYPES:
            yield prefix + entry.name, entry.read_bytes()

"""One kind of content with the verdict that it deserves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Kind", "bad", "good"]


@dataclass(frozen=True)
class Kind:
    """Something that a catalogue may hold."""

    name: str  # of the item, and of the file with its suffix
    modality: str
    content: Callable[[], bytes]  # of the file; of a text or path its UTF-8
    codes: tuple[str, ...] = ()  # what the check must say; nothing of a flawless one
    usable: bool = True  # it has a vector


def good(name: str, modality: str, content: Callable[[], bytes], *codes: str) -> Kind:
    """Something that is used, whatever there is to say about it."""
    return Kind(name, modality, content, codes)


def bad(name: str, modality: str, content: Callable[[], bytes], *codes: str) -> Kind:
    """Something that is left out."""
    return Kind(name, modality, content, codes, usable=False)

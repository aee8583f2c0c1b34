"""Bytes to arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from prismrec.errors import BadMedia

__all__ = ["decode_each"]

Decoded = TypeVar("Decoded")


def decode_each(media: Sequence[bytes], decode: Callable[[bytes], Decoded]) -> list[Decoded]:
    """Apply `decode` to every medium, in order.

    Raises:
        BadMedia: for the first medium that `decode` refuses, with its place in `media`.
    """
    out = []
    for index, data in enumerate(media):
        try:
            out.append(decode(data))
        except BadMedia as bad:
            raise BadMedia(index, bad.reason, bad.code) from bad
    return out

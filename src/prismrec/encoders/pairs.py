"""Two media of one item as one content, for encoders that read both at once."""

from __future__ import annotations

__all__ = ["pack", "unpack"]

MARK = b"\0prismrec pair\0"  # no picture, sound or text begins so
LENGTH = 8  # bytes that say how long the first medium is


def pack(first: bytes, second: bytes) -> bytes:
    """Both media in one."""
    return MARK + len(first).to_bytes(LENGTH) + first + second


def unpack(content: bytes) -> tuple[bytes, bytes | None]:
    """Both media again; a content that is no pair is the first of them alone."""
    if not content.startswith(MARK):
        return content, None
    start = len(MARK) + LENGTH
    end = start + int.from_bytes(content[len(MARK) : start])
    return content[start:end], content[end:]

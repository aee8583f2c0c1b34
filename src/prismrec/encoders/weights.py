"""What the vectors of an encoder come from: weight files, and the fingerprint of all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from prismrec.weight_file import WeightFile

__all__ = ["WeightFile", "fingerprint_of", "keys_of"]


def fingerprint_of(name: str, *parts: object) -> str:
    """`name-` and 16 hexadecimal digits that stand for everything that shapes the vectors."""
    text = "\n".join([name, *(repr(part) for part in parts)])
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def keys_of(steps: Iterable[object]) -> tuple[str, ...]:
    """What stands for each step in a fingerprint: its name, its fields and its version."""
    return tuple(f"{step!r} version {getattr(step, 'version', 1)}" for step in steps)

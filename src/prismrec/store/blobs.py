"""Vectors as bytes: little-endian float32, so that every digit comes back."""

from __future__ import annotations

import zlib

import numpy as np

from prismrec.types import Floats

__all__ = ["check_of", "from_bytes", "to_bytes"]


def to_bytes(vector: Floats) -> bytes:
    """The bytes of a vector.

    Raises:
        ValueError: for an array of more or less than one axis.
    """
    if np.ndim(vector) != 1:
        raise ValueError(f"a vector has one axis, not {np.ndim(vector)}")
    return np.asarray(vector, "<f4").tobytes()


def from_bytes(blob: bytes) -> Floats:
    """The vector of some bytes; not to be written to."""
    return np.frombuffer(blob, "<f4")


def check_of(blob: bytes) -> int:
    """What is kept beside the bytes, so that a vector that a disk has spoilt is not used."""
    return zlib.crc32(blob)

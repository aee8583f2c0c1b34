"""Encoders: raw media of one modality to one vector each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prismrec.types import Floats

__all__ = ["Encoder"]


class Encoder(Protocol):
    """Raw media of one modality to one vector each.

    Equal bytes and an equal fingerprint give equal vectors, whatever else is in the batch (up to
    rounding, 1e-5 of the largest value). Texts are given as UTF-8 bytes; an empty one has a
    vector. Several threads may call one encoder at once.
    """

    @property
    def modality(self) -> str:
        """What it reads: "image", "text" or "audio"."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the weights, the preprocessing or the code that shapes vectors does."""
        ...

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim) finite vectors.

        Raises:
            BadMedia: for a medium that cannot be decoded; it names the place in the batch.
        """
        ...

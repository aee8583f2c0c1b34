"""Several encoders of one modality side by side, none louder than another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.encoders import Encoder
from prismrec.encoders.weights import fingerprint_of
from prismrec.errors import BadData
from prismrec.types import Floats

__all__ = ["Joined", "join", "parts_of"]

VERSION = 1  # of `join`


@dataclass(frozen=True)
class Joined:
    """One vector that holds those of all parts, one after another; see `join`."""

    parts: tuple[Encoder, ...]  # of one modality, at least two

    def __post_init__(self) -> None:
        if len(self.parts) < 2 or len({part.modality for part in self.parts}) > 1:
            raise BadData("join two or more encoders of one modality")
        if len({part.fingerprint for part in self.parts}) < len(self.parts):
            raise BadData("one encoder is joined to itself; name it once")

    @property
    def modality(self) -> str:
        """That of every part."""
        return self.parts[0].modality

    @property
    def dim(self) -> int:
        """The sum over the parts."""
        return sum(part.dim for part in self.parts)

    @property
    def fingerprint(self) -> str:
        """Stands for the parts and their order; begins with their names."""
        prints = [part.fingerprint for part in self.parts]
        name = "+".join(each.rpartition("-")[0] for each in prints)
        return fingerprint_of(name, VERSION, *prints)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        return join([part(media) for part in self.parts])


def join(vectors: Sequence[Floats]) -> Floats:
    """(n, d) of each part to (n, sum of d): each at unit length, divided by the root of the parts.

    So the cosine of two joined vectors is the mean of the cosines of their parts, whatever the
    dimensions. A zero vector stays zero. Nothing is centred here: a mean over the catalogue would
    change all vectors with every new item; models that need it subtract it, of all parts at once.
    """
    equal = [part / np.linalg.norm(part, axis=1, keepdims=True).clip(1e-12) for part in vectors]
    return np.concatenate(equal, axis=1, dtype=np.float32) / np.float32(np.sqrt(len(equal)))


def parts_of(encoder: Encoder) -> tuple[Encoder, ...]:
    """The encoders that read the media: the parts of a joined one, else the encoder itself."""
    return encoder.parts if isinstance(encoder, Joined) else (encoder,)

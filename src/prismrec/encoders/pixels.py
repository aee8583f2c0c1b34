"""Pixels: the picture itself, small, for models that learn to see by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from prismrec.encoders.fields import changed_fields, check_positive
from prismrec.encoders.pictures import look
from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.image import ImageSteps
from prismrec.types import Floats

__all__ = ["Pixels"]

VERSION = 1  # of everything below that shapes the vectors


@dataclass(frozen=True)
class Pixels:
    """Pictures to size x size x RGB, 0 to 1: row by row, three values for each pixel.

    The whole picture is squeezed into the square; `steps=letterbox` keeps its proportions,
    `steps=crop-centre` its middle. Of a video the middle frame is taken. Two equal pictures one
    pixel apart are far apart as vectors, so these are of use to a network only (`joint-net`).
    """

    size: int = 48  # pixels of a side
    steps: ImageSteps = ()  # applied to the picture first

    modality = "image"
    layout = "pixels"

    def __post_init__(self) -> None:
        check_positive(self, "size")

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return 3 * self.size**2

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every field."""
        return fingerprint_of("pixels", VERSION, *changed_fields(self))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, pixels in enumerate(decode_each(media, self._square)):
            out[row] = pixels.reshape(-1)
        return out

    def _square(self, data: bytes) -> Floats:
        """(size, size, 3)."""
        frames = look(data, self.steps, short_side=self.size)
        small = frames[len(frames) // 2].resize((self.size, self.size), Image.Resampling.BICUBIC)
        return np.asarray(small, np.float32) / np.float32(255)

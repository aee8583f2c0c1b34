"""Colour histogram: which colours a picture has, without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from prismrec.encoders.fields import changed_fields
from prismrec.encoders.pictures import look
from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.image import ImageSteps
from prismrec.types import Floats

__all__ = ["ColourHistogram"]

VERSION = 2  # of everything below that shapes the vectors
SIDE = 64
HUES, SATURATIONS, VALUES = 12, 3, 3


@dataclass(frozen=True)
class ColourHistogram:
    """Pictures to the root of the share of pixels in 12 x 3 x 3 cells of hue, saturation, value.

    Unit length; the cosine of two is the Bhattacharyya coefficient of their histograms. Where
    the colours are in the picture does not matter. Of a video the shares are averaged over frames.
    """

    steps: ImageSteps = ()  # applied to the pixels first

    modality = "image"
    dim = HUES * SATURATIONS * VALUES

    @cached_property
    def fingerprint(self) -> str:
        """Changes with `steps`."""
        return fingerprint_of("colour-histogram", VERSION, *changed_fields(self))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 108)."""
        out = np.zeros((len(media), self.dim), np.float32)
        for row, shares in enumerate(decode_each(media, self._shares)):
            out[row] = np.sqrt(shares)
        return out

    def _shares(self, data: bytes) -> Floats:
        pictures = look(data, self.steps, short_side=SIDE)
        return np.asarray(np.mean([_shares(picture) for picture in pictures], axis=0))


def _shares(picture: Image.Image) -> Floats:
    picture = picture.resize((SIDE, SIDE), Image.Resampling.BOX).convert("HSV")
    levels = np.asarray(picture, np.int64).reshape(-1, 3)
    hue, saturation, value = (levels * (HUES, SATURATIONS, VALUES) // 256).T
    cells = (hue * SATURATIONS + saturation) * VALUES + value
    counts = np.bincount(cells, minlength=HUES * SATURATIONS * VALUES)
    return np.asarray(counts / counts.sum(), np.float32)

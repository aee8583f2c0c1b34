"""Colour names: how much of a picture is red, how dark it is; without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from prismrec.encoders.fields import changed_fields
from prismrec.encoders.pictures import look
from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.image import ImageSteps
from prismrec.types import Doubles, Floats, Ints

__all__ = ["COLOURS", "TONES", "ColourNames"]

VERSION = 1  # of everything below that shapes the vectors
SIDE = 64
LEVELS = 32  # of each channel of sRGB; a 32nd is less than the eye minds here
# Examples of each term in sRGB, from dark to light, chosen by eye; the nearest one names a pixel.
EXAMPLES = {
    "red": "5c0a0a 8b0000 c8102e ff0000 e34234",
    "orange": "e06010 ff7f00 ffa040",
    "yellow": "d4b82a ffd700 ffff00 f5e67a fff3b0",
    "green": "0a2e14 006400 4c6b2f 808000 00a000 7fc040 40e0a0 90ee90",
    "blue": "0a2050 000080 0000ff 1e64c8 6a8caf 00bcd4 4fa8d8 87ceeb",
    "purple": "3a1450 800080 6a3d9a 9932cc b48cd8",
    "pink": "e75480 ff69b4 f4a0b4 ffc0cb",
    "brown": "3b2314 5c3317 8b4513 a0703c c19a6b d8b48c",
    "black": "000000 1c1c1c",
    "grey": "4d4d4d 808080 a8a8a8 c4c4c4",
    "white": "ececec ffffff",
}
COLOURS = tuple(EXAMPLES)
TONES = ("dark", "bright", "colourful", "black and white")
GREY_CHROMA = 8.0  # a pixel below it has no hue to speak of
VIVID_CHROMA = 60.0  # where colourfulness is 1; pure sRGB red has 104


@dataclass(frozen=True)
class ColourNames:
    """Pictures to the share of each of the eleven basic colours, and four tones from 0 to 1.

    A pixel has the colour of the nearest example in CIELAB. The shares are the mean of two: of the
    area, and of what stands out, where a pixel weighs as much as its colour differs from the
    picture's mean. Tones: dark and bright sum to 1 (mean lightness); colourful is the mean chroma;
    black and white is how little of the picture has a hue.

    Source: the basic colour terms of Berlin and Kay, "Basic Color Terms", 1969; what stands out is
    that of Achanta and others, "Frequency-tuned salient region detection", 2009.
    """

    steps: ImageSteps = ()  # applied to the pixels first

    modality = "image"
    labels = COLOURS + TONES
    dim = len(labels)

    @property
    def fingerprint(self) -> str:
        """Changes with the steps."""
        return fingerprint_of("colour-names", VERSION, EXAMPLES, *changed_fields(self))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 15)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, frames in enumerate(decode_each(media, self._prepare)):
            out[row] = np.mean([_shares(frame) for frame in frames], axis=0)
        return out

    def describe(self, media: Sequence[bytes]) -> Floats:
        """(n, 15): the vectors can be read as they are."""
        return self(media)

    def embed_and_describe(self, media: Sequence[bytes]) -> tuple[Floats, Floats]:
        """The same array twice."""
        vectors = self(media)
        return vectors, vectors

    def _prepare(self, data: bytes) -> list[Image.Image]:
        frames = look(data, self.steps, short_side=SIDE)
        return [frame.resize((SIDE, SIDE), Image.Resampling.BOX) for frame in frames]


def _shares(picture: Image.Image) -> Doubles:
    levels = np.asarray(picture.convert("RGB"), np.int64).reshape(-1, 3) * LEVELS // 256
    cells = levels @ (LEVELS**2, LEVELS, 1)
    terms, lab = _cells()
    term, pixels = terms[cells], lab[cells]
    standing_out = np.linalg.norm(pixels - pixels.mean(axis=0), axis=1)
    shares = np.bincount(term, minlength=len(COLOURS)) / len(term)
    if standing_out.sum() > 1e-6:
        salient = np.bincount(term, standing_out, minlength=len(COLOURS)) / standing_out.sum()
        shares = (shares + salient) / 2
    light, chroma = pixels[:, 0].mean() / 100, np.hypot(pixels[:, 1], pixels[:, 2])
    colourful = min(float(chroma.mean()) / VIVID_CHROMA, 1.0)
    return np.array([*shares, 1 - light, light, colourful, (chroma < GREY_CHROMA).mean()])


@cache
def _cells() -> tuple[Ints, Doubles]:
    """(c,) term and (c, 3) CIELAB of each cell of an even division of sRGB, looked up by pixels."""
    steps = np.linspace(0, 1, LEVELS)
    cells = _lab(np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3))
    codes = [(place, code) for place, text in enumerate(EXAMPLES.values()) for code in text.split()]
    examples = _lab(np.array([[*bytes.fromhex(code)] for _, code in codes]) / 255)
    nearness = cells @ examples.T - (examples**2).sum(axis=1) / 2
    return np.array([place for place, _ in codes])[nearness.argmax(axis=1)], cells


def _lab(levels: Doubles) -> Doubles:
    """(n, 3) sRGB from 0 to 1 to CIELAB under D65 (IEC 61966-2-1; CIE 15)."""
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ (to_xyz / to_xyz.sum(axis=1, keepdims=True)).T  # relative to white
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)

"""Brushes that all looks share: gradients, random fields, grain, glow, ridges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from prismrec.types import Floats

__all__ = [
    "FINE",
    "SIZE",
    "Colour",
    "choose",
    "field",
    "fine",
    "glow",
    "gradient",
    "grain",
    "grid",
    "mix",
    "paste",
    "picture",
    "ridge",
]

Colour = tuple[int, int, int]
SIZE = 384  # side of a cover, pixels
FINE = 2 * SIZE  # shapes are drawn at this side and halved, which smooths their edges


def choose(rng: np.random.Generator, palettes: Sequence[Sequence[Colour]]) -> list[Colour]:
    """One of the palettes, as a list that may be shuffled."""
    return list(palettes[int(rng.integers(len(palettes)))])


def grid() -> tuple[Floats, Floats]:
    """(SIZE, 1) rows and (1, SIZE) columns, from 0 at the top left to 1."""
    line = np.linspace(0, 1, SIZE, dtype=np.float32)
    return line[:, None], line[None, :]


def picture(values: Floats) -> Image.Image:
    """An RGB picture of (h, w, 3) values on 0 to 255, clipped."""
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """A colour between two, `share` of the way from the first to the second."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def gradient(at: Floats, stops: Sequence[Colour]) -> Floats:
    """(h, w, 3) colours of an (h, w) field on 0 to 1; the stops are evenly spaced."""
    ramp = np.linspace(0, 1, 256)
    places = np.linspace(0, 1, len(stops))
    table = np.stack([np.interp(ramp, places, [s[c] for s in stops]) for c in range(3)], axis=-1)
    return table.astype(np.float32)[(np.clip(at, 0, 1) * 255).astype(np.uint8)]


def field(rng: np.random.Generator, rows: int, columns: int) -> Floats:
    """(SIZE, SIZE) smooth random values, about 0 to 1, from a coarse grid."""
    coarse = Image.fromarray(rng.random((rows, columns), dtype=np.float32))
    return np.asarray(coarse.resize((SIZE, SIZE), Image.Resampling.BICUBIC), np.float32)


def grain(rng: np.random.Generator, strength: float) -> Floats:
    """(SIZE, SIZE, 1) noise to add to a picture, `strength` in grey levels."""
    return rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32) * np.float32(strength)


def fine(ground: Colour | int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A sheet of side FINE and a pen for it; a sheet of greys for a number."""
    sheet = Image.new("L" if isinstance(ground, int) else "RGB", (FINE, FINE), ground)
    return sheet, ImageDraw.Draw(sheet)


def paste(below: Floats, colour: Colour | Floats, cover: Floats) -> Floats:
    """A picture with a colour or another picture laid over it where `cover` (h, w) is 1."""
    out: Floats = below + (np.asarray(colour, np.float32) - below) * cover[..., None]
    return out


def glow(lines: Image.Image, radius: float) -> Floats:
    """(SIZE, SIZE, 3) light of lines drawn on black at FINE, with a halo around them."""
    sharp = lines.reduce(2)
    near = sharp.filter(ImageFilter.GaussianBlur(radius))
    far = sharp.reduce(4).filter(ImageFilter.GaussianBlur(radius)).resize(sharp.size)
    light = np.zeros((SIZE, SIZE, 3), np.float32)
    for layer, weight in ((sharp, 0.8), (near, 1.1), (far, 1.2)):
        light += np.asarray(layer, np.float32) * np.float32(weight)
    return light


def ridge(rng: np.random.Generator, level: float, *, height: float, rough: float) -> Floats:
    """(SIZE,) outline of a mountain ridge: its place in each column, 0 at the top.

    A sum of sixteen waves whose size falls with their number to the power `rough`.
    """
    waves = np.arange(1, 17)
    sizes = waves**-rough * rng.normal(0, 1, 16)
    turns = np.linspace(0, 0.8, SIZE)[:, None] * waves + rng.random(16)
    line = (np.sin(2 * np.pi * turns) * sizes).sum(axis=1)
    return np.asarray(level - height * line / np.abs(line).max(), np.float32)

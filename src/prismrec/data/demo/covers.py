"""Covers: a look drawn by its painter, with title and artist set on top."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from prismrec.data.demo.looks import PAINTERS, Lettering
from prismrec.data.demo.paint import SIZE

__all__ = ["draw"]

MARGIN = 0.06
ARTIST_SIZE = 0.042


def draw(look: str, rng: np.random.Generator, *, title: str = "", artist: str = "") -> Image.Image:
    """The (SIZE, SIZE) cover of a record; title and artist must be in Latin letters.

    The font that Pillow carries has no Chinese glyphs, so Chinese names come transliterated.
    """
    image, how = PAINTERS[look](rng)
    letter(image, how, title=title, artist=artist)
    return image


def letter(image: Image.Image, how: Lettering, *, title: str, artist: str) -> None:
    """Set title and artist at the place and in the manner of the look."""
    text = [(line, how.size) for line in broken(title.upper() if how.spaced else title, how)]
    text.append((artist, ARTIST_SIZE))
    heights = [size * 1.18 for _, size in text]
    top = min(how.top, 1 - MARGIN - sum(heights))
    pen = ImageDraw.Draw(image)
    if how.label is not None:
        wide = max(width(line, size, how) for line, size in text) + 0.05
        left = {"left": MARGIN - 0.025, "centre": (1 - wide) / 2}[how.align]
        box = (left, top - 0.02, left + wide, top + sum(heights) + 0.02)
        pen.rectangle([side * SIZE for side in box], how.label)
    for (line, size), height in zip(text, heights, strict=True):
        free = 1 - 2 * MARGIN - width(line, size, how)
        left = MARGIN + free * {"left": 0.0, "centre": 0.5, "right": 1.0}[how.align]
        _place(pen, line, (left, top), size, how)
        top += height


def broken(title: str, how: Lettering) -> list[str]:
    """The title in as few lines as fit the cover."""
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, how.size, how) > 1 - 2 * MARGIN:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def width(line: str, size: float, how: Lettering) -> float:
    """Width of a line, as a share of the cover's side."""
    gap = size * 0.18 * max(len(line) - 1, 0) if how.spaced else 0.0
    return float(ImageFont.load_default(size * SIZE).getlength(line)) / SIZE + gap


def _place(
    pen: ImageDraw.ImageDraw, line: str, at: tuple[float, float], size: float, how: Lettering
) -> None:
    """Draw one line of letters."""
    font = ImageFont.load_default(size * SIZE)
    x, y = at[0] * SIZE, at[1] * SIZE
    if not how.spaced:
        pen.text((x, y), line, how.ink, font, stroke_width=0.4 if size > ARTIST_SIZE else 0)
        return
    for glyph in line:
        pen.text((x, y), glyph, how.ink, font)
        x += font.getlength(glyph) + size * 0.18 * SIZE

"""Previews: what a finding looks and sounds like, small enough for a page that holds them all."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from prismrec.data.shop import Shop
from prismrec.errors import BadMedia, MissingPackage
from prismrec.media.audio import decode_audio
from prismrec.media.image import decode_frames
from prismrec.media.load import Load, loader

__all__ = ["Preview", "previews_of"]

WIDTH, HEIGHT = 176, 132  # most pixels of a thumbnail
BARS = 88  # of a waveform
RATE, SECONDS = 8000, 20.0


@dataclass(frozen=True)
class Preview:
    """A thumbnail or a waveform; neither where the file cannot be decoded."""

    picture: str = ""  # address of the picture itself: data:image/...
    wave: str = ""  # path of an SVG drawing, 88 wide and from -1 to 1 high

    @property
    def shows(self) -> bool:
        """Whether there is anything to see."""
        return bool(self.picture or self.wave)


def previews_of(
    shop: Shop, wanted: Iterable[tuple[str, str]], *, tick: Callable[[int, int], None]
) -> dict[tuple[str, str], Preview]:
    """One for each (modality, path); decoded again, so that no report holds them in memory."""
    wanted = list(dict.fromkeys(wanted))
    load = {modality: loader(shop, modality) for modality in {each for each, _ in wanted}}
    out = {}
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        made = pool.map(lambda each: _preview(load[each[0]], *each), wanted)
        for done, (each, preview) in enumerate(zip(wanted, made, strict=True), 1):
            out[each] = preview
            tick(done, len(wanted))
    return out


def _preview(load: Load, modality: str, path: str) -> Preview:
    try:
        data = load(path)
        if modality == "image":
            return Preview(picture=_thumbnail(data))
        return Preview(wave=_wave(data))
    except (BadMedia, MissingPackage):
        return Preview()


def _thumbnail(data: bytes) -> str:
    picture = Image.fromarray(decode_frames(data, short_side=HEIGHT, frames=1)[0])
    picture.thumbnail((WIDTH, HEIGHT))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=62)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def _wave(data: bytes) -> str:
    level = np.abs(decode_audio(data, RATE, seconds=SECONDS))
    edges = np.linspace(0, len(level), BARS + 1).astype(np.int64)[:-1]
    peaks = np.maximum.reduceat(level, np.minimum(edges, len(level) - 1))
    heights = (peaks / max(float(peaks.max()), 0.05)).clip(0.02)
    return "".join(f"M{place}.5 {-h:.2f}V{h:.2f}" for place, h in enumerate(heights))

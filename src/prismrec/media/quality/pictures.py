"""Pictures: what may be wrong with one that can be decoded, and the hash that finds its likes.

A new detector is one function here and one row of `DETECTORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageStat
from scipy import fft, ndimage

from prismrec.media.image import Pixels, decode_frames, picture_size
from prismrec.media.quality.finding import Kind, kind
from prismrec.types import Floats

__all__ = ["DETECTORS", "GRID", "HASH_BYTES", "Picture", "judged"]

SIDE = 256  # the shorter side at which sharpness is judged, whatever the file has
TINY = 32  # pixels of the shorter side
ASPECT = 4.0  # longer side to shorter
FLAT, DULL = 2.0, 24.0  # levels of 255: spread of a blank picture, range of one without contrast
RARE = 0.005  # share of the darkest, and of the lightest, pixels that do not count as contrast
SHARP = 0.015  # variance of the Laplacian to that of the picture; sharp ones have over 0.08
HASH_BYTES, GRID = 8, 8  # of a sketch: the hash, then GRID x GRID x 3 mean colours


@dataclass(frozen=True, eq=False)
class Picture:
    """What detectors look at."""

    width: int  # pixels, as stored
    height: int
    grey: Floats  # (h, w) luminance, 0 to 255, of the reduced picture
    levels: Sequence[int]  # (256,) how many of its pixels have each luminance
    spread: float  # standard deviation of its most varied channel


def judged(data: bytes) -> tuple[list[tuple[str, str]], npt.NDArray[np.generic], float]:
    """Codes with details, the sketch, and the number of pixels.

    Raises:
        BadMedia: where the bytes are no picture.
        MissingPackage: for a video, where PyAV is not installed.
    """
    width, height = picture_size(data)
    reduced = _reduced(decode_frames(data, short_side=SIDE, frames=1)[0])
    grey = reduced.convert("L")
    spread = max(ImageStat.Stat(reduced).stddev)
    picture = Picture(width, height, np.asarray(grey, np.float32), grey.histogram(), spread)
    found = [(known.code, detail) for known, look in DETECTORS if (detail := look(picture))]
    return found, _sketch(reduced), float(width * height)


def _reduced(pixels: Pixels) -> Image.Image:
    picture = Image.fromarray(pixels)
    factor = min(picture.size) // SIDE
    return picture.reduce(factor) if factor > 1 else picture


def _tiny(picture: Picture) -> str:
    small = min(picture.width, picture.height) < TINY
    return f"{picture.width} x {picture.height} pixels" if small else ""


def _narrow(picture: Picture) -> str:
    ratio = max(picture.width, picture.height) / min(picture.width, picture.height)
    return f"{picture.width} x {picture.height} pixels, {ratio:.0f} : 1" if ratio > ASPECT else ""


def _blank(picture: Picture) -> str:
    if picture.spread >= FLAT or _tiny(picture):
        return ""
    return f"one level, {picture.grey.mean():.0f} of 255"


def _dull(picture: Picture) -> str:
    if _tiny(picture) or _blank(picture):
        return ""
    share = np.cumsum(picture.levels) / sum(picture.levels)
    low, high = np.searchsorted(share, (RARE, 1 - RARE))
    return f"levels {low} to {high} of 255" if high - low < DULL else ""


def _blurred(picture: Picture) -> str:
    """Variance of the Laplacian (Pech-Pacheco and others 2000), relative to the contrast."""
    if min(picture.grey.shape) < 64 or _blank(picture) or _dull(picture):
        return ""
    sharpness = float(ndimage.laplace(picture.grey).var() / picture.grey.var().clip(1e-6))
    return f"sharpness {sharpness:.4f}, below {SHARP}" if sharpness < SHARP else ""


DETECTORS: tuple[tuple[Kind, Callable[[Picture], str]], ...] = (
    (
        kind(
            "image.tiny",
            "warning",
            "very small pictures",
            will="used, enlarged to what the encoder sees; little can be told from it",
            can="put in the original instead of an icon or a tracking pixel",
        ),
        _tiny,
    ),
    (
        kind(
            "image.extreme-aspect",
            "warning",
            "very long or very narrow pictures",
            will="used; most encoders see the middle or a squeezed version of it",
            can="crop to the subject, or use a step such as pad in the encoder",
        ),
        _narrow,
    ),
    (
        kind(
            "image.blank",
            "warning",
            "pictures of a single colour",
            will="used, though the vector says nothing; all blank ones look alike",
            can="clear the cell, so that the item counts as one without a picture",
        ),
        _blank,
    ),
    (
        kind(
            "image.low-contrast",
            "info",
            "pictures with hardly any contrast",
            will="used as they are",
            can="raise the contrast, or use a step such as clahe in the encoder",
        ),
        _dull,
    ),
    (
        kind(
            "image.blurred",
            "info",
            "blurred pictures",
            will="used as they are",
            can="put in a sharper original; enlarged thumbnails are the usual cause",
        ),
        _blurred,
    ),
)


def _sketch(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """(200,) perceptual hash and mean colours; equal hashes mean the same rough shapes.

    Source: the DCT hash of Zauner 2010 (Implementation and Benchmarking of Perceptual Image Hash
    Functions): 8 x 8 low frequencies without the lowest, each above their median or not.
    """
    grey = np.asarray(picture.convert("L").resize((32, 32), Image.Resampling.BOX), np.float64)
    low = fft.dctn(grey, norm="ortho")[1:9, 1:9]
    bits = np.packbits(low.ravel() > np.median(low))
    colours = np.asarray(picture.resize((GRID, GRID), Image.Resampling.BOX), np.uint8)
    return np.concatenate([bits, colours.ravel()])

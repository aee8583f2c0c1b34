"""Pictures: bytes to an upright RGB array, whatever the file holds."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from prismrec.errors import BadMedia

__all__ = ["MAX_PIXELS", "Pixels", "decode_image"]

Pixels = npt.NDArray[np.uint8]

MAX_PIXELS = 64_000_000  # 192 MB as RGB; a small file can claim billions
# Named, because Pillow would otherwise also try formats that start other programs (EPS) or that
# take any bytes for a picture (TGA).
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TIFF", "WEBP")


def decode_image(data: bytes, *, short_side: int | None = None) -> Pixels:
    """(h, w, 3) RGB, turned as its EXIF orientation says, transparent parts on white.

    Of a moving picture the first frame is taken. `short_side` is how many pixels the shorter side
    must still have: a large JPEG is then read at a half, a quarter or an eighth of its size, which
    is several times faster.

    Raises:
        BadMedia: where the bytes are no picture, are cut off, or hold more than `MAX_PIXELS`.
    """
    try:
        picture = _open(data)
        if short_side is not None:
            picture.draft("RGB", (short_side, short_side))
        return np.asarray(_rgb(ImageOps.exif_transpose(picture)), np.uint8)
    except BadMedia:
        raise
    except Exception as error:  # a decoder that is fed broken bytes may raise anything
        raise BadMedia(0, f"not a readable picture ({_reason(error)})") from error


def _open(data: bytes) -> Image.Image:
    Image.init()
    picture = Image.open(io.BytesIO(data), formats=[name for name in FORMATS if name in Image.OPEN])
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise BadMedia(0, f"a picture of {width} x {height} pixels is over {MAX_PIXELS:,}")
    return picture


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        picture = _to_eight_bits(picture)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey levels beyond 8 bits, which Pillow would clip at 255 instead of scaling."""
    grey = np.nan_to_num(np.asarray(picture, np.float64))
    top = 65535.0 if picture.mode.startswith("I") else 255.0
    if picture.mode == "F" and grey.max(initial=0) <= 1:
        top = 1.0
    return Image.fromarray((grey.clip(0, top) * (255 / top)).round().astype(np.uint8))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "unknown format"
    return str(error) or type(error).__name__

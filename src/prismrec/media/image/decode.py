"""Pictures: bytes to an upright RGB array, whatever the file holds."""

from __future__ import annotations

import contextlib
import io
import struct

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from prismrec.errors import BadMedia
from prismrec.media import video
from prismrec.media.image.srgb import to_srgb

__all__ = ["MAX_PIXELS", "Pixels", "decode_frames", "decode_image", "open_image", "picture_size"]

Pixels = npt.NDArray[np.uint8]

MAX_PIXELS = 256_000_000  # 768 MB as RGB; what a shop allows is far less and decided on loading
# Named, because Pillow would otherwise also try formats that start other programs (EPS) or that
# take any bytes for a picture (TGA).
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
TURNS = {  # EXIF orientation, by how the camera was held
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_image(data: bytes, *, short_side: int | None = None) -> Pixels:
    """(h, w, 3) sRGB, turned as its EXIF orientation says, transparent parts on white.

    Of a moving picture the first frame is taken. `short_side` is how many pixels the shorter side
    must still have: a large JPEG is then read at a half, a quarter or an eighth of its size, which
    is several times faster.

    Raises:
        BadMedia: where the bytes are no picture, are cut off, or hold more than `MAX_PIXELS`.
    """
    return np.asarray(open_image(data, short_side=short_side), np.uint8)


def open_image(data: bytes, *, short_side: int | None = None) -> Image.Image:
    """As `decode_image`, but as Pillow holds it: an array costs two copies there and back."""
    try:
        picture = _open(data)
        if short_side is not None:
            picture.draft("RGB", (short_side, short_side))
        picture.load()  # first: what reads the remarks may load as well, and hide a fault
        turn = TURNS.get(_orientation(picture))
        if turn is not None and picture.format != "TIFF":  # Pillow turns these itself
            picture = picture.transpose(turn)
        return to_srgb(picture)
    except BadMedia:
        raise
    except Exception as error:  # a decoder that is fed broken bytes may raise anything
        raise BadMedia(0, f"not a readable picture ({_reason(error)})") from error


def decode_frames(data: bytes, *, short_side: int | None = None, frames: int = 8) -> list[Pixels]:
    """One (h, w, 3) sRGB array of a picture, up to `frames` of a video, evenly spread over it.

    Raises:
        BadMedia: where the bytes are neither, or cannot be decoded.
        MissingPackage: for a video, where PyAV is not installed.
    """
    if video.is_video(data):
        return video.frames_of(data, short_side=short_side, frames=frames)
    return [decode_image(data, short_side=short_side)]


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height of a picture, or of a video's frames, as its header tells them.

    Raises:
        BadMedia: where the bytes have no readable header, or it claims more than `MAX_PIXELS`.
        MissingPackage: for a video, where PyAV is not installed.
    """
    if video.is_video(data):
        return video.frame_size(data)
    try:
        return _open(data).size
    except BadMedia:
        raise
    except Exception as error:
        raise BadMedia(0, f"not a readable picture ({_reason(error)})") from error


def _open(data: bytes) -> Image.Image:
    """As `Image.open`, but the limit of pixels is ours: Pillow's is a setting of the process."""
    Image.init()
    for name in FORMATS:
        factory, accepts = Image.OPEN.get(name, (None, None))
        if factory is None or (accepts is not None and accepts(data[:16]) is not True):
            continue
        with contextlib.suppress(SyntaxError, IndexError, TypeError, struct.error):
            picture = factory(io.BytesIO(data), "")
            width, height = picture.size
            if width * height > MAX_PIXELS:
                size = f"a picture of {width} x {height} pixels"
                raise BadMedia(0, f"{size} is over {MAX_PIXELS:,}", "file.too-large")
            return picture
    raise UnidentifiedImageError("unknown format")


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(0x0112, 1))
    except Exception:  # a picture with broken remarks is still a picture
        return 1


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__

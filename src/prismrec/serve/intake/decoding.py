"""Decoding: what clients sent is decoded in few threads, whoever asks for it.

A picture within its limits may take half a gigabyte while it is decoded, and much of that stays
with the thread that did it; a server has dozens of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PIL import Image

from prismrec.media import video
from prismrec.media.image import decode_frames, open_image

__all__ = ["apart", "seen"]

Made = TypeVar("Made")

LARGE = 16_000_000  # pixels
_USUAL = ThreadPoolExecutor(2, "decoding")
_LARGE = ThreadPoolExecutor(1, "decoding-large")


def apart(work: Callable[[], Made], *, pixels: int = 0) -> Made:
    """What `work` returns or raises, in a thread that decodes.

    Of large pictures one is decoded at a time, and small ones do not wait for it.
    """
    return (_LARGE if pixels > LARGE else _USUAL).submit(work).result()


def seen(data: bytes, side: int) -> Image.Image:
    """A picture, or a frame of a video, upright and in RGB, no shorter side below `side`.

    Raises:
        BadMedia: where it cannot be decoded.
        MissingPackage: for a video, where PyAV is not installed.
    """
    if video.is_video(data):
        return Image.fromarray(decode_frames(data, short_side=side, frames=1)[0])
    return open_image(data, short_side=side)

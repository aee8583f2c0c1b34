"""Pictures as the image encoders see them: decoded, and prepared by steps."""

from __future__ import annotations

import numpy as np
from PIL import Image

from prismrec.media.image import ImageSteps, Pixels, decode_frames, open_image
from prismrec.media.video import is_video

__all__ = ["look"]

STEP_SIDE = 256  # pixels of the shorter side that steps are given; denoising costs per pixel


def look(data: bytes, steps: ImageSteps, *, short_side: int) -> list[Image.Image]:
    """The frames of a video, else one picture, after the steps.

    With steps, a picture is scaled down to a shorter side of 256 first.

    Raises:
        BadMedia: for a picture or a video that cannot be decoded.
        MissingPackage: for a video, where PyAV is not installed.
    """
    if not steps and not is_video(data):
        return [open_image(data, short_side=short_side)]
    if not steps:
        return [Image.fromarray(pixels) for pixels in decode_frames(data, short_side=short_side)]
    return [_prepared(pixels, steps) for pixels in decode_frames(data, short_side=STEP_SIDE)]


def _prepared(pixels: Pixels, steps: ImageSteps) -> Image.Image:
    pixels = _shrunk(pixels)
    for step in steps:
        pixels = step(pixels)
    return Image.fromarray(pixels)


def _shrunk(pixels: Pixels) -> Pixels:
    short = min(pixels.shape[:2])
    if short <= STEP_SIDE:
        return pixels
    height, width = (round(length * STEP_SIDE / short) for length in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))

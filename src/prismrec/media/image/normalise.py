"""Pixels to the numbers that a network was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prismrec.media.image.decode import Pixels
from prismrec.types import Floats

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "normalised"]

IMAGENET_MEAN = (123.675, 116.28, 103.53)  # of most networks since 2015, in grey levels
IMAGENET_STD = (58.395, 57.12, 57.375)


def normalised(
    pixels: Pixels,
    mean: float | Sequence[float] = IMAGENET_MEAN,
    std: float | Sequence[float] = IMAGENET_STD,
) -> Floats:
    """(h, w, 3) to (3, h, w), (pixels - mean) / std; both in grey levels, 0 to 255."""
    values = pixels.astype(np.float32)
    values -= np.asarray(mean, np.float32)
    values /= np.asarray(std, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1))

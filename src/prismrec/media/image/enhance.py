"""Clearer pictures: local contrast, sharpness, the full range of tones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from prismrec.media.image.decode import Pixels
from prismrec.media.image.ranges import check_range
from prismrec.packages import require

__all__ = ["AutoContrast", "Clahe", "Sharpen"]


@dataclass(frozen=True)
class Clahe:
    """Lightness is equalised tile by tile, so that dark corners show what is in them (OpenCV).

    Colours stay: only L of CIELAB changes. Strong limits bring out noise as well.

    Source: Zuiderveld 1994, "Contrast limited adaptive histogram equalization".
    """

    limit: float = 2.0  # how much steeper than the even share a tone curve may be; 1 to 40
    tiles: int = 8  # per side; 1 to 64

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 1, 40, "limit")
        check_range(self, 1, 64, "tiles")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        cv2 = require("cv2", "media")
        lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
        lab[..., 0] = cv2.createCLAHE(self.limit, (self.tiles, self.tiles)).apply(lab[..., 0])
        return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


@dataclass(frozen=True)
class Sharpen:
    """Unsharp masking: what a blurred copy lacks is added once more."""

    amount: float = 1.0  # how much of the difference is added; 0 to 5
    radius: float = 1.5  # deviation of the blur in pixels; 0.1 to 20
    threshold: int = 2  # differences below this many grey levels are left, as noise; 0 to 255

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 5, "amount")
        check_range(self, 0.1, 20, "radius")
        check_range(self, 0, 255, "threshold")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        mask = ImageFilter.UnsharpMask(self.radius, round(100 * self.amount), self.threshold)
        return np.asarray(Image.fromarray(pixels).filter(mask), np.uint8)


@dataclass(frozen=True)
class AutoContrast:
    """Lightness is stretched until it reaches from black to white; hues stay."""

    cutoff: float = 0.5  # percent of the pixels at either end that may become black or white; 0-49

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 49, "cutoff")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        picture = Image.fromarray(pixels)
        stretched = ImageOps.autocontrast(picture, cutoff=self.cutoff, preserve_tone=True)
        return np.asarray(stretched, np.uint8)

"""Less grain: three ways to smooth a picture and keep its edges (OpenCV)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prismrec.errors import BadData
from prismrec.media.image.decode import Pixels
from prismrec.media.image.ranges import check_range
from prismrec.packages import require

__all__ = ["Bilateral", "Median", "NonLocalMeans"]


@dataclass(frozen=True)
class NonLocalMeans:
    """Each pixel becomes the mean of pixels near it whose surroundings look like its own.

    The best of the three for grain of cameras, and by far the slowest: about 1.5 seconds per
    megapixel. Lightness and colour are smoothed apart, in CIELAB.

    Source: Buades, Coll and Morel 2005, "A non-local algorithm for image denoising".
    """

    strength: float = 5.0  # deviation of the noise that is taken away, in grey levels; 0 to 50
    search: int = 15  # side of the square that is searched, in pixels; odd, 3 to 51

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 50, "strength")
        check_range(self, 3, 51, "search")
        _check_odd(self, "search")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        cv2 = require("cv2", "media")
        bgr = np.ascontiguousarray(pixels[..., ::-1])
        smooth = cv2.fastNlMeansDenoisingColored(
            bgr, None, self.strength, self.strength, 7, self.search
        )
        return np.ascontiguousarray(smooth[..., ::-1])


@dataclass(frozen=True)
class Bilateral:
    """Each pixel becomes the mean of its neighbours, weighted by nearness in place and colour.

    Source: Tomasi and Manduchi 1998, "Bilateral filtering for gray and color images".
    """

    tone: float = 30.0  # grey levels apart at which a neighbour hardly counts any more; 1 to 255
    distance: float = 3.0  # pixels apart at which a neighbour hardly counts any more; 0.5 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 1, 255, "tone")
        check_range(self, 0.5, 10, "distance")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        cv2 = require("cv2", "media")
        across = 2 * round(1.5 * self.distance) + 1
        return np.asarray(cv2.bilateralFilter(pixels, across, self.tone, self.distance), np.uint8)


@dataclass(frozen=True)
class Median:
    """Each value becomes the median of the square around it: single wrong pixels disappear."""

    size: int = 3  # side of the square, in pixels; odd, 3 to 31

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 3, 31, "size")
        _check_odd(self, "size")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        return np.asarray(require("cv2", "media").medianBlur(pixels, self.size), np.uint8)


def _check_odd(step: object, field: str) -> None:
    value = getattr(step, field)
    if value % 2 == 0:
        raise BadData(f"{type(step).__name__}: {field} is {value}; choose an odd number")

"""Size and frame: scaling, cropping, padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from prismrec.media.image.decode import Pixels
from prismrec.media.image.ranges import check_range
from prismrec.media.image.saliency import best_window, saliency

__all__ = ["CropCentre", "CropContent", "Letterbox", "Resize", "Stretch", "TrimBorders"]

LONGEST = 4096  # pixels: a banner of 10,000 x 1 must not grow to 100 million
OUTLIERS = 0.01  # share of a line that may differ and the line still counts as border


@dataclass(frozen=True)
class Resize:
    """The shorter side gets a length, the longer one follows; 4,096 pixels at most."""

    short_side: int = 256  # pixels; 1 to 4096

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 1, LONGEST, "short_side")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to (h', w', 3), h' / w' being h / w but for rounding."""
        height, width = pixels.shape[:2]
        scale = min(self.short_side / min(height, width), LONGEST / max(height, width))
        return _scaled(pixels, round(height * scale), round(width * scale))


@dataclass(frozen=True)
class Stretch:
    """Exactly this size, whatever the picture's proportions were."""

    width: int = 256  # pixels; 1 to 4096
    height: int = 256  # pixels; 1 to 4096

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 1, LONGEST, "width", "height")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to (height, width, 3)."""
        return _scaled(pixels, self.height, self.width)


@dataclass(frozen=True)
class CropCentre:
    """The middle of the picture: the largest window of some proportions, or a share of it."""

    share: float = 1.0  # length of the window's sides, 1 being the largest that fits; above 0
    aspect: float = 1.0  # width / height of the window; 0.1 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0.01, 1, "share")
        check_range(self, 0.1, 10, "aspect")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to (h', w', 3)."""
        height, width = _window(pixels, self.share, self.aspect)
        top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
        return np.ascontiguousarray(pixels[top : top + height, left : left + width])


@dataclass(frozen=True)
class CropContent:
    """As `crop-centre`, but where most of what stands out lies: a head need not be in the middle.

    What stands out is measured by `saliency`.
    """

    share: float = 1.0  # length of the window's sides, 1 being the largest that fits; above 0
    aspect: float = 1.0  # width / height of the window; 0.1 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0.01, 1, "share")
        check_range(self, 0.1, 10, "aspect")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to (h', w', 3)."""
        height, width = _window(pixels, self.share, self.aspect)
        found = saliency(pixels)
        scales = np.array(pixels.shape[:2]) / found.shape
        small = np.maximum(1, np.rint((height, width) / scales)).astype(int)
        place = np.rint(best_window(found, *small.tolist()) * scales).astype(int)
        top, left = np.minimum(place, np.array(pixels.shape[:2]) - (height, width)).tolist()
        return np.ascontiguousarray(pixels[top : top + height, left : left + width])


@dataclass(frozen=True)
class Letterbox:
    """Bars are added until the picture has some proportions; nothing is cut or distorted."""

    aspect: float = 1.0  # width / height of the result; 0.1 to 10
    level: int = 127  # grey level of the bars; 0 to 255

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0.1, 10, "aspect")
        check_range(self, 0, 255, "level")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to (h', w', 3); what would become longer than 4,096 pixels is scaled down."""
        height, width = pixels.shape[:2]
        full = np.array((max(height, width / self.aspect), max(width, height * self.aspect)))
        if full.max() > max(LONGEST, height, width) or full.prod() > LONGEST**2:
            scale = LONGEST / full.max()
            pixels, full = (
                _scaled(pixels, round(height * scale), round(width * scale)),
                full * scale,
            )
            height, width = pixels.shape[:2]
        rows, columns = np.maximum(np.rint(full).astype(int), (height, width)).tolist()
        out = np.full((rows, columns, 3), self.level, np.uint8)
        top, left = (rows - height) // 2, (columns - width) // 2
        out[top : top + height, left : left + width] = pixels
        return out


@dataclass(frozen=True)
class TrimBorders:
    """Bars and margins of one colour are cut off, each side by itself.

    A line counts as border where 99 % of it is as the middle value of the outermost line. A
    picture that would hardly have anything left stays as it is.
    """

    tolerance: int = 12  # grey levels that a border may differ from its colour; 0 to 255
    least: float = 0.2  # share of each side that must be left

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 255, "tolerance")
        check_range(self, 0, 1, "least")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to (h', w', 3)."""
        top, bottom = self._border(pixels), self._border(pixels[::-1])
        kept = pixels[top : len(pixels) - bottom]
        sideways = kept.transpose(1, 0, 2)
        left, right = self._border(sideways), self._border(sideways[::-1])
        kept = kept[:, left : kept.shape[1] - right]
        enough = np.array(kept.shape) >= np.array(pixels.shape) * self.least
        return np.ascontiguousarray(kept if enough.all() and kept.size else pixels)

    def _border(self, lines: Pixels) -> int:
        """How many of the first lines are border."""
        if not lines.size:
            return 0
        colour = np.median(lines[0], axis=0)
        for place, line in enumerate(lines):
            if (np.abs(line - colour).max(axis=1) > self.tolerance).mean() > OUTLIERS:
                return place
        return len(lines)


def _window(pixels: Pixels, share: float, aspect: float) -> tuple[int, int]:
    """Height and width of the largest window of that proportion, times `share`."""
    height, width = pixels.shape[:2]
    tall = min(height, width / aspect) * share
    return max(1, min(height, round(tall))), max(1, min(width, round(tall * aspect)))


def _scaled(pixels: Pixels, height: int, width: int) -> Pixels:
    size = max(1, width), max(1, height)
    if size == (pixels.shape[1], pixels.shape[0]):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC), np.uint8)

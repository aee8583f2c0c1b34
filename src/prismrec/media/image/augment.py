"""Augmentation: pictures changed at random, so that training sees each in many ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from PIL import Image

from prismrec.media.image.colour import Brightness, Contrast, Saturation
from prismrec.media.image.decode import Pixels
from prismrec.media.image.geometry import Stretch
from prismrec.media.image.ranges import check_range

__all__ = [
    "Augmentation",
    "ColourJitter",
    "Erase",
    "Flip",
    "Noise",
    "RandomResizedCrop",
    "Rotate",
]


class Augmentation(Protocol):
    """A frozen dataclass that changes a picture at random; equal state of `rng`, equal result."""

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """(h, w, 3) to (h', w', 3), uint8 RGB; what is given stays as it is."""
        ...


@dataclass(frozen=True)
class RandomResizedCrop:
    """A window of random area, proportions and place, scaled to a square.

    Source: Szegedy et al. 2015, "Going deeper with convolutions", section 6.
    """

    size: int = 224  # side of the square in pixels; 1 to 4096
    smallest: float = 0.3  # least share of the area; above 0, at most 1
    stretch: float = 4 / 3  # the window's proportions differ from a square by at most this factor

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 1, 4096, "size")
        check_range(self, 0.01, 1, "smallest")
        check_range(self, 1, 10, "stretch")

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """(h, w, 3) to (size, size, 3)."""
        lengths = np.array(pixels.shape[:2])
        area = lengths.prod() * rng.uniform(self.smallest, 1)
        aspect = np.exp(rng.uniform(-1, 1) * np.log(self.stretch))
        wanted = np.sqrt(area) * np.array((aspect**-0.5, aspect**0.5))
        height, width = np.minimum(np.maximum(1, np.rint(wanted).astype(int)), lengths).tolist()
        top, left = rng.integers(0, lengths - (height, width) + 1).tolist()
        window = pixels[top : top + height, left : left + width]
        return Stretch(self.size, self.size)(np.ascontiguousarray(window))


@dataclass(frozen=True)
class Flip:
    """Left and right change places. Not for pictures with writing, such as covers and posters."""

    chance: float = 0.5  # 0 to 1

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 1, "chance")

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """(h, w, 3) to the same shape."""
        return np.ascontiguousarray(pixels[:, ::-1] if rng.random() < self.chance else pixels)


@dataclass(frozen=True)
class ColourJitter:
    """Brightness, contrast and saturation times random factors, in this order.

    A field of 0.3 means factors between 1 / 1.3 and 1.3, evenly spread by ratio.
    """

    brightness: float = 0.3  # 0 to 9
    contrast: float = 0.3  # 0 to 9
    saturation: float = 0.3  # 0 to 9

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 9, "brightness", "contrast", "saturation")

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """(h, w, 3) to the same shape."""
        widest = np.log1p((self.brightness, self.contrast, self.saturation))
        bright, contrast, colourful = np.exp(rng.uniform(-1, 1, 3) * widest).tolist()
        return Saturation(colourful)(Contrast(contrast)(Brightness(bright)(pixels)))


@dataclass(frozen=True)
class Rotate:
    """Turned a little around the middle; corners that come free repeat the picture's edge."""

    degrees: float = 10.0  # at most this far, either way; 0 to 45

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 45, "degrees")

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """(h, w, 3) to the same shape."""
        height, width = pixels.shape[:2]
        angle = np.deg2rad(rng.uniform(-self.degrees, self.degrees))
        # A turned corner reaches over the edge by no more than this.
        over = int(np.ceil(np.hypot(height, width) * np.sin(abs(angle)) / 2)) + 2
        wide = Image.fromarray(np.pad(pixels, ((over, over), (over, over), (0, 0)), mode="edge"))
        turned = wide.rotate(float(np.rad2deg(angle)), Image.Resampling.BICUBIC)
        return np.ascontiguousarray(np.asarray(turned)[over : over + height, over : over + width])


@dataclass(frozen=True)
class Erase:
    """A random rectangle becomes noise, so that no single part decides.

    Source: Zhong et al. 2017, "Random erasing data augmentation" (arXiv 1708.04896).
    """

    chance: float = 0.5  # 0 to 1
    largest: float = 0.3  # share of the area at most; 0 to 1

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 1, "chance", "largest")

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """(h, w, 3) to the same shape."""
        if rng.random() >= self.chance:
            return pixels
        lengths = np.array(pixels.shape[:2])
        share = np.sqrt(rng.uniform(0.1, 1) * self.largest)
        stretch = np.exp(rng.uniform(-0.5, 0.5))
        sides = np.minimum(lengths, (lengths * share * (stretch, 1 / stretch)).astype(int))
        top, left = rng.integers(0, lengths - sides + 1).tolist()
        height, width = sides.tolist()
        out = pixels.copy()
        out[top : top + height, left : left + width] = rng.integers(0, 256, (height, width, 3))
        return out


@dataclass(frozen=True)
class Noise:
    """Grain: a normally distributed number of grey levels is added to each value."""

    deviation: float = 8.0  # grey levels; 0 to 128

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 128, "deviation")

    def __call__(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        """(h, w, 3) to the same shape."""
        grain = rng.standard_normal(pixels.shape, np.float32) * np.float32(self.deviation)
        return np.rint(pixels + grain).clip(0, 255).astype(np.uint8)

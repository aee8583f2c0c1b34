"""Colour and light: white balance, brightness, contrast, gamma, saturation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prismrec.media.image.decode import Pixels
from prismrec.media.image.ranges import check_range
from prismrec.types import Floats

__all__ = ["Brightness", "Contrast", "Gamma", "GreyWorld", "Greyscale", "Saturation", "lightness"]

LEVELS = np.arange(256, dtype=np.float64)


@dataclass(frozen=True)
class GreyWorld:
    """White balance: red, green and blue are scaled until their means are equal.

    It assumes that the colours of a scene are grey on average, which photographs under coloured
    light nearly fulfil; posters and drawings whose colour is the message do not.

    Source: Buchsbaum 1980, "A spatial processor model for object colour perception".
    """

    strength: float = 1.0  # 0: nothing, 1: means are equal
    limit: float = 2.0  # no channel is scaled by more than this, nor by less than 1 / this; 1 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 1, "strength")
        check_range(self, 1, 10, "limit")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        means = pixels.mean(axis=(0, 1)).clip(1e-3)
        gains = (means.mean() / means).clip(1 / self.limit, self.limit) ** self.strength
        tables = _rounded(LEVELS * gains[:, None])
        return np.stack([tables[band][pixels[..., band]] for band in range(3)], axis=-1)


@dataclass(frozen=True)
class Brightness:
    """All values times a factor."""

    factor: float = 1.2  # 1: nothing; 0 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 10, "factor")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        return _rounded(LEVELS * self.factor)[pixels]


@dataclass(frozen=True)
class Contrast:
    """Distances from the mean lightness of the picture times a factor."""

    factor: float = 1.3  # 1: nothing; 0 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 10, "factor")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        middle = float(lightness(pixels).mean(dtype=np.float64))
        return _rounded(middle + (LEVELS - middle) * self.factor)[pixels]


@dataclass(frozen=True)
class Gamma:
    """Values between 0 and 1 to the power of gamma: middle tones move, black and white stay."""

    gamma: float = 0.7  # below 1 brightens, above 1 darkens; 0.1 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0.1, 10, "gamma")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        return _rounded(255 * (LEVELS / 255) ** self.gamma)[pixels]


@dataclass(frozen=True)
class Saturation:
    """Distances from grey of the same lightness times a factor."""

    factor: float = 1.3  # 0: grey, 1: nothing; 0 to 10

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_range(self, 0, 10, "factor")

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        grey = lightness(pixels)[..., None]
        return _rounded(grey + (pixels - grey) * np.float32(self.factor))


@dataclass(frozen=True)
class Greyscale:
    """Lightness alone, as three equal channels."""

    version: ClassVar[int] = 1

    def __call__(self, pixels: Pixels) -> Pixels:
        """(h, w, 3) to the same shape."""
        return np.repeat(_rounded(lightness(pixels))[..., None], 3, axis=-1)


def lightness(pixels: Pixels) -> Floats:
    """(h, w, 3) to (h, w), 0 to 255: luma as of ITU-R BT.601."""
    return pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _rounded(values: Floats | np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Pixels:
    return np.rint(values).clip(0, 255).astype(np.uint8)

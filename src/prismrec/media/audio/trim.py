"""Steps that cut silence away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import ndimage

from prismrec.media.audio import Sound
from prismrec.media.audio.level import FRAME, level_edges, levels

__all__ = ["RemoveSilence", "Trim"]


@dataclass(frozen=True)
class Trim:
    """Cut off the silence before and after; a sound that is silent throughout stays whole."""

    below: float = 50.0  # decibels under the loudest 10 ms from which on it is silent

    version: ClassVar[int] = 1

    def __call__(self, sound: Sound) -> Sound:
        """From the first to the last 10 ms that are heard."""
        loud = levels(sound)
        heard = np.flatnonzero(loud >= loud.max() - self.below)
        edges = level_edges(sound)
        return Sound(sound.samples[edges[heard[0]] : edges[heard[-1] + 1]], sound.rate)


@dataclass(frozen=True)
class RemoveSilence:
    """Shorten every silence, at the ends and within, to what is left of it around the sounds.

    What remains is joined without a fade: both sides of a seam are silent.
    """

    below: float = 50.0  # decibels under the loudest 10 ms from which on it is silent
    keep: float = 0.05  # seconds of silence that stay before and after what is heard

    version: ClassVar[int] = 1

    def __call__(self, sound: Sound) -> Sound:
        """Only what is within `keep` of something that is heard."""
        loud = levels(sound)
        heard = loud >= loud.max() - self.below
        reach = round(self.keep / FRAME)
        near = ndimage.maximum_filter1d(heard, 2 * reach + 1, mode="constant")
        kept = np.repeat(near, np.diff(level_edges(sound)))
        return Sound(sound.samples[kept], sound.rate)

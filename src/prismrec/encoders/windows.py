"""Sounds cut into windows of one length. Shapes: w windows, s samples of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from prismrec.media.audio import decode_audio
from prismrec.types import Floats

__all__ = ["SHORTEST", "decode_windows", "runs", "windows_of"]

SHORTEST = 0.1  # seconds; networks with strides need some samples for their first frame


def decode_windows(rate: int, seconds: float) -> Callable[[bytes], Floats]:
    """A reader of sounds: bytes to (w, s) windows of at most `seconds`.

    The reader raises BadMedia where the bytes are no sound.
    """
    size = max(1, int(seconds * rate))

    def decode(data: bytes) -> Floats:
        return windows_of(decode_audio(data, rate), size, shortest=int(SHORTEST * rate))

    return decode


def windows_of(samples: Floats, size: int, *, shortest: int = 1) -> Floats:
    """(w, s) windows that cover a sound evenly, overlapping where it is no multiple of `size`.

    A sound that is shorter is one window of its own length, at least `shortest` with silence
    behind it. So nothing is padded where a network would take the padding for sound.
    """
    if len(samples) <= size:
        missing = max(0, min(shortest, size) - len(samples))
        return np.pad(samples, (0, missing))[None]
    number = math.ceil(len(samples) / size)
    starts = np.linspace(0, len(samples) - size, number).round().astype(int)
    return np.stack([samples[start : start + size] for start in starts])


def runs(windows: Floats, length: int) -> Iterator[Floats]:
    """At most `length` windows at a time."""
    for start in range(0, len(windows), length):
        yield windows[start : start + length]

"""Sounds as the audio encoders hear them: decoded, prepared by steps, divided into parts."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from prismrec.media.audio import AudioSteps, Sound, decode_audio
from prismrec.media.audio.segments import WAYS, segments
from prismrec.types import Floats

__all__ = ["SEGMENTS", "Hearing", "divide", "hear", "peak_scaled"]

SEGMENTS = WAYS  # "windows", "silence", "onset"


class Hearing(Protocol):
    """The fields that say what is heard."""

    @property
    def steps(self) -> AudioSteps:
        """Applied in order, at the rate of the encoder."""
        ...

    @property
    def seconds(self) -> float:
        """How much of the beginning is heard."""
        ...


def hear(data: bytes, rate: int, by: Hearing) -> Floats:
    """(n,) samples after the steps.

    Raises:
        BadMedia: for a sound that cannot be decoded.
    """
    sound = Sound(decode_audio(data, rate, seconds=by.seconds), rate)
    for step in by.steps:
        sound = step(sound)
    return sound.samples


def divide(samples: Floats, rate: int, segment: str) -> list[Floats]:
    """The stretches between silences or from onset to onset; "windows" leaves the sound whole.

    A network cuts what it is given into windows in any case.
    """
    if segment == "windows":
        return [samples]
    return [part.samples for part in segments(Sound(samples, rate), segment)]


def peak_scaled(samples: Floats) -> Floats:
    """The same sound with a largest absolute value of 1; silence stays silent."""
    return samples / max(float(np.abs(samples).max()), 1e-9)

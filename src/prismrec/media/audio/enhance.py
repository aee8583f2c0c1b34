"""Steps that bring sounds to one level and one balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prismrec.media.audio import Sound
from prismrec.media.audio.level import loudness
from prismrec.types import Floats

__all__ = ["Loudness", "Peak", "PreEmphasis"]


@dataclass(frozen=True)
class Loudness:
    """Scale to one loudness as people hear it (`level.loudness`, ITU-R BS.1770-4).

    Silence stays silence. Where the target would take the peak beyond `ceiling`, the sound stays
    quieter than the target: nothing is clipped or squeezed.
    """

    target: float = -23.0  # LUFS, negative; -23 is what EBU R 128 asks of broadcasters
    ceiling: float = -1.0  # decibels of full scale that no sample exceeds

    version: ClassVar[int] = 1

    def __call__(self, sound: Sound) -> Sound:
        """The same length."""
        found = loudness(sound)
        if not np.isfinite(found):
            return sound
        gain = 10 ** ((self.target - found) / 20)
        most = 10 ** (self.ceiling / 20) / _peak(sound.samples)
        return Sound(_scaled(sound.samples, min(gain, most)), sound.rate)


@dataclass(frozen=True)
class Peak:
    """Scale so that the largest sample has one height; silence stays silence."""

    height: float = -1.0  # decibels of full scale

    version: ClassVar[int] = 1

    def __call__(self, sound: Sound) -> Sound:
        """The same length."""
        peak = _peak(sound.samples)
        if peak < 1e-9:
            return sound
        return Sound(_scaled(sound.samples, 10 ** (self.height / 20) / peak), sound.rate)


@dataclass(frozen=True)
class PreEmphasis:
    """Lift the high frequencies, 6 dB an octave: y[t] = x[t] - coefficient x[t - 1]."""

    coefficient: float = 0.97  # 0 leaves the sound as it is, 1 removes a constant

    version: ClassVar[int] = 1

    def __call__(self, sound: Sound) -> Sound:
        """The same length; before the first sample it takes that sample to have stood."""
        before = np.concatenate([sound.samples[:1], sound.samples[:-1]])
        lifted = sound.samples - np.float32(self.coefficient) * before
        return Sound(lifted.astype(np.float32), sound.rate)


def _peak(samples: Floats) -> float:
    return float(np.abs(samples).max())


def _scaled(samples: Floats, gain: float) -> Floats:
    return (samples * np.float64(gain)).astype(np.float32)

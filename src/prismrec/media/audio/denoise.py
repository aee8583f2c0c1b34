"""Steps that take out what does not belong to the recording: hiss, hum below hearing, offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from prismrec.errors import BadData
from prismrec.media.audio import Sound
from prismrec.types import Doubles, Floats

__all__ = ["Denoise", "HighPass"]

WINDOW = 0.046  # seconds of a frame: 1024 samples at 22,050
OVERLAP = 4  # frames over one sample
LEAST_HOP = 16  # samples
SMOOTH = (5, 3)  # frames and bands over which the gate is averaged, against musical noise


@dataclass(frozen=True)
class Denoise:
    """Spectral gating: a band is turned down while it holds no more than its own noise.

    The noise of a band is read from its quietest frames: the power of a steady noise is
    distributed exponentially, so its mean follows from any quantile. A tone that is held from
    beginning to end is taken for noise as well.

    Source: Boll, "Suppression of acoustic noise in speech using spectral subtraction", 1979, with
    a gate in place of the subtraction.
    """

    reduction: float = 12.0  # decibels by which noise is turned down
    above: float = 6.0  # decibels over the noise from which on a band is left alone
    quietest: float = 0.1  # share of the frames that hold nothing but noise, above 0 and below 1

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not 0 < self.quietest < 1:
            raise BadData(f"denoise: quietest must lie between 0 and 1, not {self.quietest:g}")

    def __call__(self, sound: Sound) -> Sound:
        """The same length; a sound shorter than 4 frames, which shows no noise, stays as it is."""
        hop = max(LEAST_HOP, round(WINDOW * sound.rate / OVERLAP))
        if len(sound.samples) < 4 * OVERLAP * hop:
            return sound
        spectrum = _spectrum(sound.samples, hop)
        closed = 1 - self._open(np.abs(spectrum) ** 2)
        gain = 10 ** (-self.reduction / 20 * closed)
        return Sound(_samples(spectrum * gain, hop)[: len(sound.samples)], sound.rate)

    def _open(self, power: Doubles) -> Doubles:
        """(t, f) how far the gate of each band is open in each frame, 0 to 1."""
        noise = np.quantile(power, self.quietest, axis=0)
        noise = noise / -np.log1p(-self.quietest)
        heard = (power > noise * 10 ** (self.above / 10)).astype(np.float64)
        return np.asarray(ndimage.uniform_filter(heard, SMOOTH, mode="nearest"))


@dataclass(frozen=True)
class HighPass:
    """Remove what is below a frequency: an offset, rumble, wind; of second order, without delay.

    A Butterworth filter run forwards and backwards, so its slope is 24 dB an octave.
    """

    hertz: float = 40.0  # where it begins

    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not self.hertz > 0:
            raise BadData(f"high-pass: hertz must be above 0, not {self.hertz:g}")

    def __call__(self, sound: Sound) -> Sound:
        """The same length; nothing is left of a sound whose rate is too low for the frequency."""
        from scipy import signal  # takes half a second to import

        if self.hertz >= sound.rate / 2:
            return Sound(np.zeros_like(sound.samples), sound.rate)
        sections = signal.butter(2, self.hertz, "highpass", fs=sound.rate, output="sos")
        padding = min(len(sound.samples) - 1, round(3 * sound.rate / self.hertz))
        passed = signal.sosfiltfilt(sections, sound.samples.astype(np.float64), padlen=padding)
        return Sound(passed.astype(np.float32), sound.rate)


def _spectrum(samples: Floats, hop: int) -> npt.NDArray[np.complex128]:
    """(t, f) of frames of OVERLAP hops, the first one wholly before the sound, the last behind."""
    from scipy import signal  # takes half a second to import

    size = OVERLAP * hop
    padded = np.pad(samples.astype(np.float64), (size, size + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.asarray(fft.rfft(frames * signal.windows.hann(size, sym=False), axis=1))


def _samples(spectrum: npt.NDArray[np.complex128], hop: int) -> Floats:
    """What `_spectrum` was made of, and some zeros; frames fade in and out by the same window."""
    from scipy import signal  # takes half a second to import

    size = OVERLAP * hop
    window = signal.windows.hann(size, sym=False)
    pieces = (fft.irfft(spectrum, size, axis=1) * window).reshape(len(spectrum), OVERLAP, hop)
    out = np.zeros((len(spectrum) + OVERLAP - 1, hop))
    for part in range(OVERLAP):
        out[part : part + len(spectrum)] += pieces[:, part]
    squares = OVERLAP * 3 / 8  # the sum of the squared windows over one sample
    return (out.reshape(-1)[size:] / squares).astype(np.float32)

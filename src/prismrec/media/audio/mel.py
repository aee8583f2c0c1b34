"""Mel spectrograms of a whole sound at once, by numpy and scipy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import fft, sparse

from prismrec.types import Csr, Doubles, Floats

__all__ = ["MelSpectrogram", "blocks", "power_spectrogram"]

CHUNK = 128  # frames that are transformed at once


@dataclass(frozen=True)
class MelSpectrogram:
    """Samples to (t, bands) power in each mel band; frame t is centred on sample t * hop.

    A periodic Hann window; the sound is padded with zeros by half a window on both sides.
    """

    rate: int  # samples a second
    window: int  # samples in a frame
    hop: int  # samples from one frame to the next
    bands: int  # mel bands between 0 and rate / 2
    htk: bool = False  # O'Shaughnessy's scale, filters of sum 1; else Slaney's, filters of area 1

    def __call__(self, samples: Floats) -> Floats:
        """(t, bands), t = 1 + n // hop. As librosa 0.11 computes it with the same settings."""
        filters = _filters(self)
        bands = [filters @ power.T for power in _powers(samples, self.window, self.hop)]
        return np.ascontiguousarray(np.concatenate(bands, axis=1).T, np.float32)


def power_spectrogram(samples: Floats, window: int, hop: int) -> Floats:
    """(t, window // 2 + 1) power of each frequency, t = 1 + n // hop; framed as above."""
    return np.concatenate([*_powers(samples, window, hop)])


def _powers(samples: Floats, window: int, hop: int) -> Iterator[Floats]:
    """Some frames at a time, which stay in the processor's cache and need little memory."""
    padded = np.pad(samples, window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    for start in range(0, len(frames), CHUNK):
        spectrum = fft.rfft(frames[start : start + CHUNK] * _hann(window), axis=1)
        yield np.asarray(spectrum.real**2 + spectrum.imag**2)


def blocks(spectrogram: Floats, length: int, hop: int) -> Floats:
    """(n, length, bands) stretches that start every `hop` frames.

    Where half a hop or more would be left over, one more stretch ends with the sound. A sound
    shorter than one block is repeated until it fills it.
    """
    if len(spectrogram) <= length:
        return np.resize(spectrogram, (1, length, spectrogram.shape[1]))
    last = len(spectrogram) - length
    starts = [*range(0, last + 1, hop)]
    if 2 * (last - starts[-1]) >= hop:
        starts.append(last)
    return np.stack([spectrogram[start : start + length] for start in starts])


@cache
def _hann(window: int) -> Floats:
    angles = 2 * np.pi * np.arange(window) / window
    return (0.5 - 0.5 * np.cos(angles)).astype(np.float32)


@cache
def _filters(of: MelSpectrogram) -> Csr:
    """(bands, window // 2 + 1) triangles whose corners are evenly spaced in mels.

    Sparse, since a frequency is in two bands at most: a dense product costs several times more,
    and its threads compete with those that encode other sounds.
    """
    to_mel, to_hertz = (_htk_mel, _htk_hertz) if of.htk else (_slaney_mel, _slaney_hertz)
    top = float(to_mel(np.array(of.rate / 2)))
    corners = to_hertz(np.linspace(0, top, of.bands + 2))
    bins = np.fft.rfftfreq(of.window, 1 / of.rate)[:, None]
    rising = (bins - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - bins) / np.diff(corners)[1:]
    triangles = np.minimum(rising, falling).clip(min=0)
    scale = triangles.sum(axis=0).clip(1e-12) if of.htk else (corners[2:] - corners[:-2]) / 2
    return sparse.csr_array((triangles / scale).T.astype(np.float32))


def _htk_mel(hertz: Doubles) -> Doubles:
    return 2595 * np.log10(1 + hertz / 700)


def _htk_hertz(mel: Doubles) -> Doubles:
    return 700 * (10 ** (mel / 2595) - 1)


# Slaney's scale is linear below 1,000 Hz (15 mels) and has 27 mels per factor of 6.4 above.
def _slaney_mel(hertz: Doubles) -> Doubles:
    return np.where(
        hertz < 1000, hertz * 0.015, 15 + 27 * np.log(hertz.clip(1000) / 1000) / np.log(6.4)
    )


def _slaney_hertz(mel: Doubles) -> Doubles:
    return np.where(mel < 15, mel / 0.015, 1000 * 6.4 ** ((mel.clip(15) - 15) / 27))

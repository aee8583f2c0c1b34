"""What can be computed of a sound without any model: timbre, harmony, brightness, by frame.

Every function takes a sound and returns one row per frame of 93 ms, a new one every 23 ms, centred
like those of `mel`; t = 1 + n // hop. Without other words a feature is what librosa 0.11 computes
with its defaults at 22,050 samples a second; docs/preprocessing-audio.md has the agreement.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from scipy import fft

from prismrec.media.audio import Sound
from prismrec.media.audio.mel import MelSpectrogram, power_spectrogram
from prismrec.media.audio.rhythm import decibels, frames_of
from prismrec.types import Doubles, Ints

__all__ = [
    "PITCHES",
    "chroma",
    "contrast",
    "delta",
    "frequencies",
    "log_mel",
    "mfcc",
    "shape",
    "spectrum",
    "zero_crossings",
]

PITCHES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LOWEST, OCTAVES = 200.0, 6  # of the bands of the spectral contrast
EXTREMES = 0.02  # share of a band that its peak and its valley are means of
ROLLOFF = 0.85
SILENCE = 1e-10  # power or magnitude below which there is nothing to describe


def spectrum(sound: Sound) -> Doubles:
    """(t, f) magnitudes; `frequencies` has their frequencies."""
    power = power_spectrogram(sound.samples, *frames_of(sound.rate))
    return np.sqrt(power.astype(np.float64))


def frequencies(rate: int) -> Doubles:
    """(f,) hertz of the columns of `spectrum`."""
    return np.asarray(fft.rfftfreq(frames_of(rate)[0], 1 / rate))


def log_mel(sound: Sound, *, bands: int = 128) -> Doubles:
    """(t, bands) decibels of each mel band, none more than 80 below the loudest."""
    mels = MelSpectrogram(sound.rate, *frames_of(sound.rate), bands)(sound.samples)
    return decibels(mels.astype(np.float64))


def mfcc(sound: Sound, *, coefficients: int = 20) -> Doubles:
    """(t, coefficients) mel-frequency cepstrum; the first coefficient is the loudness.

    Source: Davis and Mermelstein, "Comparison of parametric representations for monosyllabic word
    recognition", 1980.
    """
    cepstrum = fft.dct(log_mel(sound), norm="ortho", axis=1)
    return np.asarray(cepstrum[:, :coefficients])


def delta(values: Doubles, *, order: int = 1, width: int = 9) -> Doubles:
    """(t, c) slope of a line (order 1) or bend of a parabola (order 2) through `width` frames.

    A Savitzky-Golay filter; the ends are those of the outermost fit, or, where there are fewer
    than `width` frames, the outermost frame is repeated.
    """
    from scipy import signal  # takes half a second to import

    mode: Literal["interp", "nearest"] = "interp" if len(values) >= width else "nearest"
    slopes = signal.savgol_filter(values, width, order, deriv=order, axis=0, mode=mode)
    return np.asarray(slopes, np.float64)


def chroma(sound: Sound) -> Doubles:
    """(t, 12) share of each pitch class, C first, the strongest of a frame 1; silence has none.

    A bin counts for pitch classes near its frequency, octaves around 880 Hz most. The tuning is
    A = 440 Hz.

    Source: Ellis, "Chroma feature analysis and synthesis", 2007.
    """
    energy = spectrum(sound) ** 2 @ _pitch_filters(sound.rate)
    strongest = energy.max(axis=1, keepdims=True)
    return np.asarray(np.where(strongest > SILENCE, energy / np.maximum(strongest, SILENCE), 0))


def contrast(sound: Sound) -> Doubles:
    """(t, 7) decibels between the peaks and the valleys of the octaves below and from 200 Hz up.

    Tones stand out of their band, noise fills it. A band beyond half the rate has 0. Neighbouring
    bands share no bin, as they do in librosa.

    Source: Jiang, Lu, Zhang, Tao and Cai, "Music type classification by spectral contrast
    feature", ICME 2002.
    """
    magnitudes = spectrum(sound)
    out = np.zeros((len(magnitudes), OCTAVES + 1))
    for band, (first, last) in enumerate(_octaves(sound.rate)):
        if last > first:
            ordered = np.sort(magnitudes[:, first:last], axis=1)
            few = max(1, round(EXTREMES * (last - first)))
            valley, peak = ordered[:, :few].mean(axis=1), ordered[:, -few:].mean(axis=1)
            out[:, band] = decibels(peak) - decibels(valley)
    return out


def shape(sound: Sound) -> dict[str, Doubles]:
    """(t,) each: centroid, bandwidth and rolloff in hertz, flatness from 0 (a tone) to 1 (noise).

    The centroid is the mean frequency, the bandwidth the spread around it, 85 % of the magnitude
    lie below the rolloff. The first three are 0 in silence.
    """
    magnitudes, hertz = spectrum(sound), frequencies(sound.rate)
    total = magnitudes.sum(axis=1, keepdims=True)
    shares = np.where(total > SILENCE, magnitudes / np.maximum(total, SILENCE), 0)
    centroid = shares @ hertz
    spread = np.sqrt((shares * (hertz - centroid[:, None]) ** 2).sum(axis=1))
    below = shares.cumsum(axis=1) < ROLLOFF
    rolloff = np.where(shares.any(axis=1), hertz[below.sum(axis=1).clip(max=len(hertz) - 1)], 0)
    power = np.maximum(magnitudes**2, SILENCE)
    flatness = np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)
    return {"centroid": centroid, "bandwidth": spread, "rolloff": rolloff, "flatness": flatness}


def zero_crossings(sound: Sound) -> Doubles:
    """(t,) share of the neighbouring samples of a frame that differ in sign."""
    window, hop = frames_of(sound.rate)
    signs = np.signbit(np.pad(sound.samples, window // 2, mode="edge"))
    turns = np.append(0, np.cumsum(signs[1:] != signs[:-1]))
    starts = np.arange(0, len(signs) - window + 1, hop)
    return np.asarray((turns[starts + window - 1] - turns[starts]) / window)


@cache
def _pitch_filters(rate: int) -> Doubles:
    """(f, 12) how much each frequency counts for each pitch class."""
    hertz = frequencies(rate)[1:]
    pitch = 12 * np.log2(hertz / 440)  # semitones above A4
    pitch = np.append(pitch[0] - 18, pitch)  # the constant: an octave and a half below the first
    width = np.append(np.maximum(np.diff(pitch), 1), 1)
    away = (pitch[:, None] + 9 - np.arange(12) + 6) % 12 - 6
    weights = np.exp(-2 * (away / width[:, None]) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    octave = pitch / 12 - 1  # from A5
    return np.asarray(weights * np.exp(-((octave / 2) ** 2) / 2)[:, None])


@cache
def _octaves(rate: int) -> list[tuple[int, int]]:
    """First and last + 1 column of `spectrum` of each band."""
    edges = LOWEST * 2.0 ** np.arange(OCTAVES)
    columns: Ints = np.searchsorted(frequencies(rate), edges)
    return list(zip([0, *columns.tolist()], [*columns.tolist(), _bins(rate)], strict=True))


def _bins(rate: int) -> int:
    return frames_of(rate)[0] // 2 + 1

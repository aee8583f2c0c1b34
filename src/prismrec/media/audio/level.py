"""How loud a sound is: short stretches in decibels, the whole as people hear it."""

from __future__ import annotations

import numpy as np

from prismrec.media.audio import Sound
from prismrec.types import Doubles, Ints

__all__ = ["FRAME", "level_edges", "levels", "loudness"]

FRAME = 0.01  # seconds over which the level is taken
QUIETEST = 1e-20  # power that stands for silence: -200 dB

BLOCK, HOP = 0.4, 0.1  # seconds; the constants of ITU-R BS.1770-4
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0  # LUFS; LU below the mean of what passes the first
OFFSET = -0.691  # decibels, so that a 997 Hz sine of full scale has -3.01 LUFS


def level_edges(sound: Sound) -> Ints:
    """(t + 1,) samples at which the frames of `levels` begin, then the length of the sound."""
    size = max(1, round(FRAME * sound.rate))
    return np.append(np.arange(0, len(sound.samples), size), len(sound.samples))


def levels(sound: Sound) -> Doubles:
    """(t,) decibels of full scale of each 10 ms, side by side; -200 for silence."""
    edges = level_edges(sound)
    power = np.add.reduceat(sound.samples.astype(np.float64) ** 2, edges[:-1]) / np.diff(edges)
    return np.asarray(10 * np.log10(power + QUIETEST))


def loudness(sound: Sound) -> float:
    """Loudness of the whole in LUFS; minus infinity where nothing is above -70.

    Source: ITU-R BS.1770-4, one channel. The filters are given there for 48 kHz; for other rates
    they come from the analogue ones by the bilinear transform (De Man, "Evaluation of
    implementations of the EBU R128 loudness measurement", 2018). Departure: a sound shorter than
    one block of 0.4 s is taken as one.
    """
    from scipy import signal  # takes half a second to import

    heard = sound.samples.astype(np.float64)
    for numerator, denominator in (_shelf(sound.rate), _high_pass(sound.rate)):
        heard = signal.lfilter(numerator, denominator, heard)
    power = _block_powers(heard, sound.rate)
    passed = power[_lufs(power) > ABSOLUTE_GATE]
    if not len(passed):
        return -np.inf
    gate = _lufs(passed.mean()) + RELATIVE_GATE
    return float(_lufs(passed[_lufs(passed) > gate].mean()))


def _block_powers(heard: Doubles, rate: int) -> Doubles:
    """(b,) mean squares of blocks that overlap by three quarters; a cut-off last one is dropped."""
    total = np.append(0.0, np.cumsum(heard**2))
    size = max(1, round(BLOCK * rate))
    if len(heard) <= size:
        return np.array([total[-1] / len(heard)])
    count = int((len(heard) / rate - BLOCK) / HOP + 1e-9) + 1
    starts = np.round(np.arange(count) * HOP * rate).astype(np.int64)
    starts = starts[starts + size <= len(heard)]
    return np.asarray((total[starts + size] - total[starts]).clip(min=0) / size)


def _lufs(power: Doubles) -> Doubles:
    return np.asarray(OFFSET + 10 * np.log10(np.maximum(power, QUIETEST)))


def _shelf(rate: int) -> tuple[Doubles, Doubles]:
    """What the head does to a sound: 4 dB more above 1.7 kHz."""
    hertz, gain, quality = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    if hertz >= rate / 2:
        return np.ones(1), np.ones(1)
    k = np.tan(np.pi * hertz / rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    norm = 1 + k / quality + k * k
    numerator = [high + band * k / quality + k * k, 2 * (k * k - high)]
    numerator.append(high - band * k / quality + k * k)
    return np.array(numerator) / norm, _poles(k, quality, norm)


def _high_pass(rate: int) -> tuple[Doubles, Doubles]:
    """The ear hears little of what is below 38 Hz."""
    hertz, quality = 38.13547087602444, 0.5003270373238773
    if hertz >= rate / 2:
        return np.ones(1), np.ones(1)
    k = np.tan(np.pi * hertz / rate)
    norm = 1 + k / quality + k * k
    return np.array([1.0, -2.0, 1.0]), _poles(k, quality, norm)


def _poles(k: float, quality: float, norm: float) -> Doubles:
    return np.array([norm, 2 * (k * k - 1), 1 - k / quality + k * k]) / norm

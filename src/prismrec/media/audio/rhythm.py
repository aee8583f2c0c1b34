"""When something happens in a sound, and how fast it repeats."""

from __future__ import annotations

import numpy as np

from prismrec.media.audio import Sound
from prismrec.media.audio.mel import MelSpectrogram
from prismrec.types import Doubles, Ints

__all__ = ["decibels", "frames_of", "onset_strength", "onsets", "tempo"]

WINDOW, HOP = 2048, 512  # samples at 22,050 a second; scaled with the rate
BANDS = 128
RANGE = 80.0  # decibels below the loudest that are told apart
LIKELY, OCTAVES = 120.0, 1.0  # beats a minute, and the spread of the prior around it
LONGEST = 8.0  # seconds over which repetition is looked for
FASTEST = 320.0  # beats a minute


def frames_of(rate: int) -> tuple[int, int]:
    """Window and hop in samples: 93 and 23 ms, the window even."""
    return 2 * max(1, round(WINDOW * rate / 44_100)), max(1, round(HOP * rate / 22_050))


def decibels(power: Doubles, *, span: float = RANGE) -> Doubles:
    """10 log10 of power, no value more than `span` below the largest."""
    found = 10 * np.log10(np.maximum(power, 1e-10))
    return np.asarray(np.maximum(found, found.max() - span))


def onset_strength(sound: Sound) -> Doubles:
    """(t,) rise of loudness since the frame before, mean of 128 mel bands; frames of 23 ms.

    A window looks half its length ahead, so values are moved later by as much. As librosa 0.11
    computes it by default; source: Boeck and Widmer, "Maximum filter vibrato suppression for onset
    detection", DAFx 2013, without the maximum filter.
    """
    window, hop = frames_of(sound.rate)
    mels = MelSpectrogram(sound.rate, window, hop, BANDS)(sound.samples)
    rise = np.maximum(0, np.diff(decibels(mels.astype(np.float64)), axis=0)).mean(axis=1)
    late = 1 + window // (2 * hop)
    return np.asarray(np.pad(rise, (late, 0))[: len(mels)])


def onsets(sound: Sound, *, apart: float = 0.1) -> Ints:
    """(o,) samples at which something begins, in order: the frame before each peak of the strength.

    A peak stands out from what is around it by at least a tenth of the highest one.
    """
    from scipy import signal  # takes half a second to import

    _, hop = frames_of(sound.rate)
    strength = onset_strength(sound)
    if strength.max() < 1e-3:
        return np.empty(0, np.int64)
    strength = np.pad(strength / strength.max(), 1)  # a peak may lie at an end
    frames, _ = signal.find_peaks(
        strength,
        prominence=0.1,
        height=0.1,
        distance=max(1, round(apart * sound.rate / hop)),
    )
    return np.asarray(((frames - 2) * hop).clip(0, len(sound.samples) - 1), np.int64)


def tempo(sound: Sound) -> float:
    """Beats a minute, between 30 and 320; 0 for a sound without any rhythm.

    The lag at which the onset strength is most like itself, times a log-normal prior around 120
    (Ellis, "Beat tracking by dynamic programming", 2007). Half and double the tempo are easily
    confused, by people as well.
    """
    from scipy import signal  # takes half a second to import

    _, hop = frames_of(sound.rate)
    strength = onset_strength(sound)
    strength = strength - strength.mean()
    n, rate = len(strength), sound.rate / hop
    if not strength.any():
        return 0.0
    same = signal.correlate(strength, strength, method="fft")[n - 1 :]
    lags = np.arange(1, min(n, int(LONGEST * rate)))
    lags = lags[(60 * rate / lags <= FASTEST) & (60 * rate / lags >= 30)]
    if not len(lags):
        return 0.0
    beats = 60 * rate / lags
    likely = np.exp(-0.5 * (np.log2(beats / LIKELY) / OCTAVES) ** 2)
    score = np.maximum(same[lags], 0) * likely
    if score.max() <= 0:
        return 0.0
    return float(60 * rate / (lags[score.argmax()] + _between(same, lags[score.argmax()])))


def _between(curve: Doubles, place: int) -> float:
    """How far the top of a parabola through three points lies from the middle one, -0.5 to 0.5."""
    if place + 1 >= len(curve):
        return 0.0
    left, top, right = curve[place - 1 : place + 2]
    bend = left - 2 * top + right
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0

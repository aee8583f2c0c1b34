"""Sounds: what may be wrong with one that can be decoded, and the fingerprint of its likes.

A new detector is one function here and one row of `DETECTORS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from prismrec.media.audio.decode import audio_info, decode_audio
from prismrec.media.quality.finding import Kind, kind
from prismrec.types import Floats

__all__ = ["DETECTORS", "HEARD", "Clip", "judged"]

HEARD = 60.0  # seconds that are decoded here; encoders hear as much by default
SHORT = 0.5  # seconds
SILENT = 1e-3  # -60 dB of full scale: the loudness of 50 ms that counts as silence
MOSTLY = 0.8  # share of silence above which a sound is called mostly silent
CLIPPED = 0.005  # share of samples
OFFSET = 0.02  # of full scale
LOW_RATE = 8000

# Of the fingerprint.
PRINT_RATE, WINDOW, HOP, BANDS = 8000, 2048, 192, 33
LOWEST, HIGHEST = 300.0, 2000.0  # hertz
PRINT_SECONDS = 20.0


@dataclass(frozen=True, eq=False)
class Clip:
    """What detectors listen to."""

    samples: Floats  # (n,) mono, the first `HEARD` seconds, at the file's own rate
    rate: int  # samples a second
    seconds: float  # the whole, as the header says
    cut: bool = False  # the file ends before its structure says so


def judged(
    data: bytes, *, cut: bool
) -> tuple[list[tuple[str, str]], npt.NDArray[np.generic], float]:
    """Codes with details, the fingerprint, and the length in seconds.

    Raises:
        BadMedia: where the bytes are no sound.
        MissingPackage: for a soundtrack, where PyAV is not installed.
    """
    seconds, rate, _ = audio_info(data)
    samples = decode_audio(data, rate, seconds=HEARD)
    heard = len(samples) / rate
    clip = Clip(samples, rate, max(seconds, heard), cut or heard < min(seconds, HEARD) - 0.2)
    found = [(known.code, detail) for known, listen in DETECTORS if (detail := listen(clip))]
    return found, fingerprint(samples, rate), clip.seconds


def _truncated(clip: Clip) -> str:
    return f"{len(clip.samples) / clip.rate:.1f} s can be heard" if clip.cut else ""


def _silent(clip: Clip) -> str:
    loudness = np.sqrt(np.mean((clip.samples - clip.samples.mean()) ** 2, dtype=np.float64))
    return f"{_decibels(float(loudness))} on average" if loudness < SILENT else ""


def _mostly_silent(clip: Clip) -> str:
    width = max(1, int(0.05 * clip.rate))
    n = len(clip.samples) // width
    if _silent(clip) or n < 10:
        return ""
    blocks = clip.samples[: n * width].reshape(n, width)
    share = float((np.sqrt(np.square(blocks).mean(axis=1)) < SILENT).mean())
    return f"{share:.0%} of it is silence" if share > MOSTLY else ""


def _clipped(clip: Clip) -> str:
    """Flat tops at full scale: neighbours that are equal, or values beyond what fits."""
    level = np.abs(clip.samples)
    flat = (level[1:] > 0.98) & (np.abs(np.diff(clip.samples)) < 3e-5)
    share = float(flat.mean()) if len(flat) else 0.0
    share += float((level > 1.0001).mean())
    return f"{share:.1%} of the samples are cut at full scale" if share > CLIPPED else ""


def _short(clip: Clip) -> str:
    return f"{clip.seconds:.3f} s" if clip.seconds < SHORT else ""


def _long(clip: Clip) -> str:
    if clip.seconds <= HEARD + 1:
        return ""
    return f"{_clock(clip.seconds)} long; {HEARD / clip.seconds:.1%} of it is heard by default"


def _offset(clip: Clip) -> str:
    if _short(clip):  # a piece of a wave has a mean
        return ""
    mean = float(clip.samples.mean(dtype=np.float64))
    return f"the mean is {mean:+.2f} of full scale" if abs(mean) > OFFSET else ""


def _low_rate(clip: Clip) -> str:
    return f"{clip.rate} samples a second" if clip.rate < LOW_RATE else ""


kind(
    "audio.no-samples",
    "error",
    "sounds without a single sample",
    will="left out: the row counts as one without a sound",
    can="export the sound again",
)
kind(
    "audio.not-finite",
    "error",
    "sounds that hold values that are not numbers",
    will="left out: the row counts as one without a sound",
    can="export the sound again, as 16-bit FLAC for example",
)
DETECTORS: tuple[tuple[Kind, Callable[[Clip], str]], ...] = (
    (
        kind(
            "audio.truncated",
            "warning",
            "sounds that are cut off",
            will="used as far as they can be heard",
            can="copy or download the file again",
        ),
        _truncated,
    ),
    (
        kind(
            "audio.silent",
            "warning",
            "silent sounds",
            will="used, though the vector says nothing; all silent ones sound alike",
            can="clear the cell, so that the item counts as one without a sound",
        ),
        _silent,
    ),
    (
        kind(
            "audio.mostly-silent",
            "info",
            "sounds that are mostly silence",
            will="used as they are",
            can="cut the silence off, or use the step trim in the encoder",
        ),
        _mostly_silent,
    ),
    (
        kind(
            "audio.clipped",
            "info",
            "overdriven sounds",
            will="used as they are",
            can="export again at a lower level; the distortion changes what encoders hear",
        ),
        _clipped,
    ),
    (
        kind(
            "audio.short",
            "warning",
            "very short sounds",
            will="used, repeated or padded to what the encoder hears",
            can="put in a few seconds that stand for the item",
        ),
        _short,
    ),
    (
        kind(
            "audio.long",
            "info",
            "sounds longer than what is heard",
            will="the first part is heard, unless the encoder is told otherwise",
            can="cut the part that stands for the item, or set the seconds of the encoder",
        ),
        _long,
    ),
    (
        kind(
            "audio.dc-offset",
            "info",
            "sounds that do not swing around zero",
            will="used as they are; spectral encoders hardly notice",
            can="remove the offset with any sound editor",
        ),
        _offset,
    ),
    (
        kind(
            "audio.low-rate",
            "info",
            "sounds with few samples a second",
            will="used, resampled; there is nothing to hear in the upper bands",
            can="put in the original",
        ),
        _low_rate,
    ),
)


def fingerprint(samples: Floats, rate: int) -> npt.NDArray[np.uint32]:
    """(n,) 32 bits for every 24 ms of the first 20 seconds; nothing of what is silent.

    Each bit tells whether the difference of energy between two neighbouring bands grows.

    Source: Haitsma and Kalker 2002 (A Highly Robust Audio Fingerprinting System).
    """
    sound = samples[: int(PRINT_SECONDS * rate)]
    if rate != PRINT_RATE:
        sound = soxr.resample(sound, rate, PRINT_RATE)
    n = 1 + (len(sound) - WINDOW) // HOP
    if n < 2:
        return np.empty(0, np.uint32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP][:n]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(LOWEST, HIGHEST, BANDS + 1) * WINDOW / PRINT_RATE
    bands = np.add.reduceat(power, edges.round().astype(np.int64), axis=1)[:, :BANDS]
    slope = np.diff(bands, axis=1)
    bits = np.diff(slope, axis=0) > 0
    loud = bands[1:].sum(axis=1) > 1e-4
    return np.packbits(bits[loud], axis=1).view(">u4").ravel().astype(np.uint32)


def _decibels(level: float) -> str:
    return f"{20 * np.log10(level):.0f} dB" if level > 0 else "digital silence"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

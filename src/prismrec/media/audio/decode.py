"""Sounds: bytes to mono samples at the rate that is asked for.

soundfile reads WAV, FLAC, OGG, MP3, AIFF and two dozen more; what holds its sound in a container
(MP4, M4A, AAC, WMA, WebM, Matroska, ...) is read as the soundtrack of a video, by PyAV.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from prismrec.errors import BadMedia, MissingPackage
from prismrec.media import video
from prismrec.media.audio.mp3 import is_mp3, only_frames
from prismrec.types import Floats

__all__ = ["AudioInfo", "audio_info", "decode_audio"]

BLOCK = 4096  # frames that are read at once
FULL_SCALE = 8.0  # a peak above this is no loud recording but integers stored as floats


class AudioInfo(NamedTuple):
    """What the header of a sound says."""

    seconds: float
    rate: int  # samples a second
    channels: int


def decode_audio(data: bytes, rate: int, *, seconds: float = 60.0) -> Floats:
    """(n,) mean of the channels at `rate` samples a second, of the first `seconds` only.

    A file cut off or damaged in its middle gives what can still be read. Silence is a sound like
    any other.

    Raises:
        BadMedia: where the bytes are no sound, hold no samples or hold values that are not finite.
        MissingPackage: where the sound lies in a container and PyAV is not installed.
    """
    with _explained():
        mono, own_rate = _first(data, seconds)
        _check(mono)
        peak = np.abs(mono).max()
        if peak > FULL_SCALE:
            mono = mono / peak
        if own_rate != rate:
            mono = soxr.resample(mono, own_rate, rate)
        # Where less than one sample would be left there is still a sound.
        return np.ascontiguousarray(mono if len(mono) else np.zeros(1), np.float32)


def audio_info(data: bytes) -> AudioInfo:
    """Length, rate and channels, as the header tells them: nothing is decoded.

    Raises:
        BadMedia: where the bytes are no sound.
        MissingPackage: where the sound lies in a container and PyAV is not installed.
    """
    with _explained():
        try:
            with _opened(data) as file:
                return AudioInfo(file.frames / file.samplerate, file.samplerate, file.channels)
        except soundfile.LibsndfileError:
            if not video.is_container(data):
                raise
            return AudioInfo(*video.soundtrack_info(data))


def _first(data: bytes, seconds: float) -> tuple[Floats, int]:
    """The mean of the channels of the first seconds, and its own rate."""
    try:
        with _opened(data) as file:
            return _mono(file, max(1, int(seconds * file.samplerate))), file.samplerate
    except soundfile.LibsndfileError:
        if not video.is_container(data):
            raise
        return video.soundtrack(data, seconds=seconds)


@contextmanager
def _opened(data: bytes) -> Iterator[soundfile.SoundFile]:
    if is_mp3(data):
        data = only_frames(data)
        if not data:
            raise BadMedia(0, "not a readable sound (no MP3 frame is whole)")
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        yield file


@contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever a decoder raises into BadMedia with a reason in words."""
    try:
        yield
    except (BadMedia, MissingPackage):
        raise
    except Exception as error:  # a decoder that is fed broken bytes may raise anything
        reason = getattr(error, "error_string", "") or str(error) or type(error).__name__
        reason = reason.removeprefix("Error : ").strip(" .")
        raise BadMedia(0, f"not a readable sound ({reason})") from error


def _mono(file: soundfile.SoundFile, frames: int) -> Floats:
    """Block by block, so that many channels or a false header do not fill the memory."""
    means = []
    try:  # a block that cannot be read is lost as a whole, so blocks are short
        for block in file.blocks(BLOCK, frames=frames, dtype="float32", always_2d=True):
            means.append(_mean(block))  # noqa: PERF401 (kept on a fault)
    except soundfile.LibsndfileError:
        if not means:
            raise
    return np.concatenate(means) if means else np.empty(0, np.float32)


def _mean(block: Floats) -> Floats:
    """(n,) mean of (n, channels); a sum over columns is many times faster than one along rows."""
    total = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    return total if block.shape[1] == 1 else total / np.float32(block.shape[1])


def _check(samples: Floats) -> None:
    if len(samples) == 0:
        raise BadMedia(0, "the sound holds no samples", "audio.no-samples")
    if not np.isfinite(samples).all():
        raise BadMedia(0, "the sound holds values that are not finite", "audio.not-finite")

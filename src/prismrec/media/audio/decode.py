"""Sounds: bytes to mono samples at the rate that is asked for."""

from __future__ import annotations

import io

import numpy as np
import soundfile
import soxr

from prismrec.errors import BadMedia
from prismrec.types import Floats

__all__ = ["decode_audio"]

FULL_SCALE = 8.0  # a peak above this is no loud recording but integers stored as floats


def decode_audio(data: bytes, rate: int, *, seconds: float = 60.0) -> Floats:
    """(n,) mean of the channels at `rate` samples a second, of the first `seconds` only.

    A file cut off in its middle gives what can still be read. Silence is a sound like any other.

    Raises:
        BadMedia: where the bytes are no sound, hold no samples or hold values that are not finite.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            own_rate = file.samplerate
            mono = _checked(_mono(file, int(seconds * own_rate)))
        return _not_empty(soxr.resample(mono, own_rate, rate) if own_rate != rate else mono)
    except BadMedia:
        raise
    except Exception as error:  # a decoder that is fed broken bytes may raise anything
        reason = getattr(error, "error_string", "") or str(error) or type(error).__name__
        reason = reason.removeprefix("Error : ").strip(" .")
        raise BadMedia(0, f"not a readable sound ({reason})") from error


def _mono(file: soundfile.SoundFile, frames: int) -> Floats:
    """Block by block, so that many channels or a false header do not fill the memory."""
    blocks = file.blocks(blocksize=1 << 16, frames=frames, dtype="float32", always_2d=True)
    means = [block.mean(axis=1, dtype=np.float32) for block in blocks]
    return np.concatenate(means) if means else np.empty(0, np.float32)


def _checked(samples: Floats) -> Floats:
    _not_empty(samples)
    peak = np.abs(samples).max()
    if not np.isfinite(peak):
        raise BadMedia(0, "the sound holds values that are not finite")
    return samples / peak if peak > FULL_SCALE else samples


def _not_empty(samples: Floats) -> Floats:
    if len(samples) == 0:
        raise BadMedia(0, "the sound holds no samples")
    return np.ascontiguousarray(samples, np.float32)

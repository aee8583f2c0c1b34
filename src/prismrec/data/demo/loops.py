"""Loops: four seconds of a genre, mastered and packed as FLAC."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from prismrec.data.demo.genres import ARRANGEMENTS
from prismrec.data.demo.synth import RATE, highpass
from prismrec.types import Floats

__all__ = ["flac", "play"]

PEAK = 0.89  # one decibel below full scale, so that no player clips
LOUDNESS = 0.16  # root mean square before the limiter


def play(genre: str, rng: np.random.Generator) -> Floats:
    """(LENGTH,) a loop of the genre, mono, between -PEAK and PEAK."""
    loop = highpass(ARRANGEMENTS[genre](rng), 28)
    loop = np.tanh(loop * (LOUDNESS / np.sqrt(np.mean(loop**2))))
    return np.asarray(loop * (PEAK / np.abs(loop).max()), np.float32)


def flac(loop: Floats) -> bytes:
    """The loop as a FLAC file; unlike Ogg it holds no random serial number."""
    out = io.BytesIO()
    soundfile.write(out, loop, RATE, format="FLAC", subtype="PCM_16")
    return out.getvalue()

"""Warming: an encoder reads its weights and makes its tables before the first item comes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import suppress

import numpy as np
import soundfile
from PIL import Image

from prismrec.encoders import Encoder

__all__ = ["SAMPLES", "warm"]


def warm(encoder: Encoder) -> None:
    """Give an encoder a small medium; what goes wrong is left for a real one to tell."""
    with suppress(Exception):
        encoder([SAMPLES[encoder.modality]()])


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 90, 60)).save(file, "PNG")
    return file.getvalue()


def _sound() -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * 16_000).astype(np.float32)
    soundfile.write(file, noise, 16_000, format="WAV")
    return file.getvalue()


SAMPLES: Mapping[str, Callable[[], bytes]] = {
    "image": _picture,
    "text": lambda: b"a lamp",
    "audio": _sound,
}

"""Small media, and how the tests of this folder open a model."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from prismrec.encoders.choice import encoder_of

BROKEN = {"image": b"\x89PNG\r\n\x1a\n broken", "text": b"caf\xe9", "audio": b"RIFF broken"}


def picture(width: int, height: int, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def sound(samples: np.ndarray, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def noise(n: int, seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).normal(size=n)


MEDIA = {
    "image": [picture(20, 30), picture(1, 1), picture(90, 3, 1), picture(16, 16, 2)],
    "text": [b"red lamp", "红色的灯".encode(), b"", b"a green lamp " * 20, b"x"],
    "audio": [
        sound(noise(40_000)), sound(noise(8_000, 1), 8_000), sound(np.zeros(1)),
        sound(noise(70_000, 2)),
    ],
}  # fmt: skip


def open_(folder: Path, modality: str, fields: str = "") -> Any:
    return encoder_of(f"hf:{folder}{'?' if fields else ''}{fields}", modality)


def unit(values: Any) -> np.ndarray:
    array = np.asarray(values, np.float64)
    return array / np.linalg.norm(array, axis=-1, keepdims=True)

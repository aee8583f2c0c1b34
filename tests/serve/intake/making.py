"""Pictures and sounds made on the spot."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from PIL import Image

COLOURS = {"ruby": (200, 10, 10), "leaf": (10, 180, 20), "sky": (0, 80, 220), "sun": (240, 220, 0)}
TONES = {"ruby": 110.0, "leaf": 440.0, "sky": 1760.0}


def a_picture(
    colour: tuple[int, int, int] = (9, 99, 200), size: tuple[int, int] = (64, 48), form: str = "PNG"
) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return file.getvalue()


def a_sound(tone: float = 220.0, seconds: float = 1.0, form: str = "WAV") -> bytes:
    file = io.BytesIO()
    t = np.arange(int(8000 * seconds)) / 8000
    soundfile.write(file, 0.4 * np.sin(2 * np.pi * tone * t), 8000, format=form)
    return file.getvalue()

"""One small medium of each modality, to learn how long an unknown encoder's vectors are."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from PIL import Image

__all__ = ["sample_of"]


def sample_of(modality: str) -> bytes:
    """A grey picture, a short text or a second of a tone."""
    if modality == "text":
        return b"a lamp"
    file = io.BytesIO()
    if modality == "image":
        Image.new("RGB", (64, 64), "grey").save(file, "PNG")
    else:
        tone = 0.1 * np.sin(np.arange(16_000) * 0.2)
        soundfile.write(file, tone, 16_000, format="WAV", subtype="PCM_16")
    return file.getvalue()

"""Log-mel: the picture of a sound, for models that learn to listen by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prismrec.encoders.fields import changed_fields, check_positive
from prismrec.encoders.sounds import hear
from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.audio import AudioSteps
from prismrec.media.audio.mel import MelSpectrogram
from prismrec.media.audio.rhythm import RANGE, decibels
from prismrec.types import Floats

__all__ = ["LogMel"]

VERSION = 1  # of everything below that shapes the vectors
RATE, BANDS = 16_000, 64  # the layout "log-mel" is frames x 64
MELS = MelSpectrogram(rate=RATE, window=1024, hop=512, bands=BANDS)  # a frame every 32 ms


@dataclass(frozen=True)
class LogMel:
    """Sounds to frames x 64 mel bands, frame by frame: 0 is 80 decibels below the loudest, 1 it.

    Of a sound that is longer, the loudest stretch of 32 ms x `frames` is taken; a shorter one is
    followed by silence. Two equal sounds a frame apart are far apart as vectors, so these are of
    use to a network only (`joint-net`).
    """

    frames: int = 96  # of 32 ms: about 3 seconds
    steps: AudioSteps = ()  # applied to the samples first
    seconds: float = 60.0  # how much of the beginning is searched for the loudest stretch

    modality = "audio"
    layout = "log-mel"

    def __post_init__(self) -> None:
        check_positive(self, "frames")
        check_positive(self, "seconds")

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.frames * BANDS

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every field."""
        return fingerprint_of("log-mel", VERSION, *changed_fields(self))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.zeros((len(media), self.dim), np.float32)
        for row, levels in enumerate(decode_each(media, self._levels)):
            out[row, : levels.size] = levels.reshape(-1)
        return out

    def _levels(self, data: bytes) -> Floats:
        """(t, 64) of the loudest stretch, t at most `frames`."""
        power = MELS(hear(data, RATE, self)).astype(np.float64)
        totals = np.cumsum(np.insert(power.sum(axis=1), 0, 0))
        length = min(self.frames, len(power))
        start = int((totals[length:] - totals[:-length]).argmax())
        power = power[start : start + length]
        if not power.any():
            return np.zeros(power.shape, np.float32)
        found = decibels(power)
        return np.asarray((found - found.max()) / RANGE + 1, np.float32)

"""MFCC: the timbre of a sound, without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from prismrec.encoders.fields import changed_fields, check_choice, check_positive
from prismrec.encoders.pooling import POOLS, pooled, pooled_dim
from prismrec.encoders.sounds import SEGMENTS, divide, hear, peak_scaled
from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.audio import AudioSteps
from prismrec.media.audio.mel import MelSpectrogram, blocks
from prismrec.types import Floats

__all__ = ["Mfcc"]

VERSION = 1  # of everything below that shapes the vectors
RATE = 22_050
MELS = MelSpectrogram(rate=RATE, window=2048, hop=512, bands=64)
COEFFICIENTS = 30
WINDOW = 129  # frames: 3 s


@dataclass(frozen=True)
class Mfcc:
    """Sounds to 30 mel-frequency cepstral coefficients: mean, spread over time, spread of steps.

    Each sound is scaled to the same peak after the steps; the coefficient that is loudness alone
    is left out. By default the sound is summed up as a whole; with another `segment` each part
    has its 90 values, and these are pooled.

    Source: Davis and Mermelstein 1980 (IEEE Transactions on Acoustics, Speech and Signal
    Processing 28).
    """

    steps: AudioSteps = ()  # applied to the samples first
    segment: str = "whole"  # parts: "whole", "windows" of 3 seconds, "silence", "onset"
    pool: str = "mean"  # over parts: "mean", "max", "mean-std" (twice as long), "median"
    seconds: float = 60.0  # how much of the beginning is heard

    modality = "audio"

    def __post_init__(self) -> None:
        check_choice(self, "segment", ("whole", *SEGMENTS))
        check_choice(self, "pool", POOLS)
        check_positive(self, "seconds")

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return pooled_dim(3 * COEFFICIENTS, self.pool)

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every field."""
        return fingerprint_of("mfcc", VERSION, *changed_fields(self))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, parts in enumerate(decode_each(media, self._parts)):
            out[row] = pooled(parts, self.pool)
        return out

    def _parts(self, data: bytes) -> Floats:
        """(parts, 90)."""
        samples = peak_scaled(hear(data, RATE, self))
        if self.segment == "windows":
            return np.stack(
                [_summary(part) for part in blocks(_coefficients(samples), WINDOW, WINDOW)]
            )
        parts = [samples] if self.segment == "whole" else divide(samples, RATE, self.segment)
        return np.stack([_summary(_coefficients(part)) for part in parts])


def _summary(coefficients: Floats) -> Floats:
    steps = np.diff(coefficients, axis=0, prepend=coefficients[:1])
    parts = (coefficients.mean(axis=0), coefficients.std(axis=0), steps.std(axis=0))
    return np.concatenate(parts)


def _coefficients(samples: Floats) -> Floats:
    cepstrum = fft.dct(np.log(MELS(samples) + 1e-6), norm="ortho", axis=1)
    return np.asarray(cepstrum[:, 1 : COEFFICIENTS + 1], np.float32)

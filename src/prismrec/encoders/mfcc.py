"""MFCC: the timbre of a sound, without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.audio import decode_audio
from prismrec.media.audio.mel import MelSpectrogram
from prismrec.types import Floats

__all__ = ["Mfcc"]

VERSION = 1  # of everything below that shapes the vectors
RATE = 22_050
MELS = MelSpectrogram(rate=RATE, window=2048, hop=512, bands=64)
COEFFICIENTS = 30


@dataclass(frozen=True)
class Mfcc:
    """Sounds to 30 mel-frequency cepstral coefficients: mean, spread over time, spread of steps.

    The first 60 seconds are heard, each sound scaled to the same peak; the coefficient that is
    loudness alone is left out.

    Source: Davis and Mermelstein 1980 (IEEE Transactions on Acoustics, Speech and Signal
    Processing 28).
    """

    modality = "audio"
    dim = 3 * COEFFICIENTS
    fingerprint = fingerprint_of("mfcc", VERSION)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 90)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, coefficients in enumerate(decode_each(media, _coefficients)):
            steps = np.diff(coefficients, axis=0, prepend=coefficients[:1])
            parts = (coefficients.mean(axis=0), coefficients.std(axis=0), steps.std(axis=0))
            out[row] = np.concatenate(parts)
        return out


def _coefficients(data: bytes) -> Floats:
    samples = decode_audio(data, RATE)
    mels = MELS(samples / max(float(np.abs(samples).max()), 1e-9))
    cepstrum = fft.dct(np.log(mels + 1e-6), norm="ortho", axis=1)
    return np.asarray(cepstrum[:, 1 : COEFFICIENTS + 1], np.float32)

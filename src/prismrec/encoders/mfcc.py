"""MFCC: the timbre of a sound, without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from prismrec.encoders.mel import MelSpectrogram
from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.audio import decode_audio
from prismrec.types import Floats

__all__ = ["Mfcc"]

VERSION = 1  # of everything below that shapes the vectors
RATE = 22_050
MELS = MelSpectrogram(rate=RATE, window=2048, hop=512, bands=64)
COEFFICIENTS = 20


@dataclass(frozen=True)
class Mfcc:
    """Sounds to mean and spread over time of 20 mel-frequency cepstral coefficients.

    The first 60 seconds are heard. The coefficient that is loudness alone is left out, and each
    one is scaled (liftered) so that no few of them decide every distance.

    Source: Davis and Mermelstein 1980; lifter of the HTK book, section 5.6, L = 22.
    """

    modality = "audio"
    dim = 2 * COEFFICIENTS
    fingerprint = fingerprint_of("mfcc", VERSION)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 40)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, coefficients in enumerate(decode_each(media, _coefficients)):
            out[row] = np.concatenate([coefficients.mean(axis=0), coefficients.std(axis=0)])
        return out


def _coefficients(data: bytes) -> Floats:
    mels = MELS(decode_audio(data, RATE))
    cepstrum = fft.dct(np.log(mels + 1e-6), norm="ortho", axis=1)[:, 1 : COEFFICIENTS + 1]
    orders = np.arange(1, COEFFICIENTS + 1)
    return np.asarray(cepstrum * (1 + 11 * np.sin(np.pi * orders / 22)), np.float32)

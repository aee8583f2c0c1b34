"""Sound features: timbre, harmony, brightness, rhythm: numbers with names, without any model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from prismrec.encoders.fields import changed_fields, check_choice, check_positive
from prismrec.encoders.pooling import POOLS, pooled, pooled_dim
from prismrec.encoders.sounds import SEGMENTS, hear, peak_scaled
from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.audio import AudioSteps, Sound
from prismrec.media.audio import features as by_frame
from prismrec.media.audio.rhythm import onset_strength, tempo
from prismrec.media.audio.segments import segments
from prismrec.types import Doubles, Floats

__all__ = ["SoundFeatures"]

VERSION = 1  # of everything below that shapes the vectors
RATE = 22_050
BANDS = 32  # of the mean spectrum
# How much the statistics of a group differ from sound to sound, in the unit of the group: root
# mean square over the loops of the demo shop. Dividing by it lets no group drown the others.
TYPICAL = {
    "level": 7.0,  # decibels
    "mfcc": 17.0,
    "mfcc slope": 1.3,
    "mfcc bend": 0.9,
    "pitch": 0.15,
    "contrast": 4.0,  # decibels
    "shape": 1.7,  # octaves
    "zero crossings": 0.04,
    "onset strength": 1.1,
    "tempo": 0.45,  # octaves
}


@dataclass(frozen=True)
class SoundFeatures:
    """Sounds to statistics over time of everything in `media.audio.features`, each with a name.

    Each sound is scaled to the same peak after the steps. Each statistic is divided by what it
    typically differs from sound to sound, so that a cosine compares all groups of features. By
    default the sound is summed up as a whole; with another `segment` each part is, and the
    vectors of the parts are pooled.
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
        return pooled_dim(len(_names()), self.pool)

    @property
    def names(self) -> tuple[str, ...]:
        """What each number of a vector is, for example "mfcc 3 mean" or "pitch A spread"."""
        if self.pool == "mean-std":
            return (*_names(), *(f"{name}, spread over parts" for name in _names()))
        return _names()

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every field."""
        return fingerprint_of("sound-features", VERSION, *changed_fields(self))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, parts in enumerate(decode_each(media, self._parts)):
            out[row] = pooled(parts, self.pool)
        return out

    def _parts(self, data: bytes) -> Floats:
        """(parts, number of names)."""
        sound = Sound(peak_scaled(hear(data, RATE, self)), RATE)
        parts = [sound] if self.segment == "whole" else segments(sound, self.segment)
        return np.array([[value for _, value in _statistics(part)] for part in parts], np.float32)


@cache
def _names() -> tuple[str, ...]:
    return tuple(name for name, _ in _statistics(Sound(np.zeros(1, np.float32), RATE)))


def _statistics(sound: Sound) -> Iterator[tuple[str, float]]:
    """Each name and its number."""
    for group, columns, values in _by_frame(sound):
        for statistic, found in (("mean", values.mean(axis=0)), ("spread", values.std(axis=0))):
            for column, number in zip(columns, found / TYPICAL[group], strict=True):
                yield f"{group} {column} {statistic}", float(number)
    beats = tempo(sound)
    yield "tempo", float(np.log2(beats / 120)) / TYPICAL["tempo"] if beats else 0.0


def _by_frame(sound: Sound) -> Iterator[tuple[str, Sequence[object], Doubles]]:
    """Each group with the names of its c columns and (t, c) values."""
    mfcc = by_frame.mfcc(sound)
    numbers = range(mfcc.shape[1])
    shape = by_frame.shape(sound)
    yield "level", range(BANDS), by_frame.log_mel(sound, bands=BANDS)
    yield "mfcc", numbers, mfcc
    yield "mfcc slope", numbers, by_frame.delta(mfcc)
    yield "mfcc bend", numbers, by_frame.delta(mfcc, order=2)
    yield "pitch", by_frame.PITCHES, by_frame.chroma(sound)
    contrast = by_frame.contrast(sound)
    yield "contrast", range(contrast.shape[1]), contrast
    # Hertz and flatness are heard by their ratios; one hertz or -100 dB stands for nothing.
    least = np.array([1, 1, 1, 1e-10])
    yield "shape", [*shape], np.log2(np.stack([*shape.values()], axis=1) + least)
    yield "zero crossings", ["share"], by_frame.zero_crossings(sound)[:, None]
    yield "onset strength", ["rise"], onset_strength(sound)[:, None]

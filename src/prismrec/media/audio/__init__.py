"""Sounds: bytes to samples, and the steps that prepare samples for an encoder."""

from __future__ import annotations

from typing import Annotated, NamedTuple, Protocol

from prismrec.media.audio.decode import AudioInfo, audio_info, decode_audio
from prismrec.types import Floats

__all__ = ["AudioInfo", "AudioStep", "AudioSteps", "Sound", "audio_info", "decode_audio"]


class Sound(NamedTuple):
    """Mono samples, full scale from -1 to 1."""

    samples: Floats  # (n,), at least one
    rate: int  # samples a second


class AudioStep(Protocol):
    """A frozen dataclass that makes one sound of another; equal samples, equal result.

    Its fields and its class attribute `version`, which is raised whenever the result changes, are
    part of the fingerprint of every encoder that uses it.
    """

    def __call__(self, sound: Sound) -> Sound:
        """The same rate; the length may differ but is never 0."""
        ...


AudioSteps = Annotated[tuple[AudioStep, ...], "audio-steps"]  # the kind of the registry

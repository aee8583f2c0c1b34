"""A small synthesiser: tones, drums and effects on a loop that has no seam.

A loop is a circle: what rings beyond its end is heard at its beginning, and filters, echoes and
rooms are circular too, so that it can be repeated without a click.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from prismrec.types import Floats

__all__ = [
    "LENGTH",
    "RATE",
    "clap",
    "echo",
    "fold",
    "hat",
    "held",
    "highpass",
    "kick",
    "lay",
    "lowpass",
    "noise",
    "pluck",
    "room",
    "silence",
    "snare",
    "struck",
    "tone",
]

RATE = 22_050  # samples per second
LENGTH = 4 * RATE  # samples of a loop
TABLE = 4096  # samples of one period of a wave, a power of two


def silence() -> Floats:
    """(LENGTH,) an empty track."""
    return np.zeros(LENGTH, np.float32)


def lay(track: Floats, sound: Floats, at: float, *, gain: float = 1.0) -> None:
    """Add a sound to a track from `at` on, a share of the loop; the end wraps to the start."""
    start, rest = round(at * LENGTH) % LENGTH, sound[:LENGTH] * np.float32(gain)
    while len(rest):
        part, rest = rest[: LENGTH - start], rest[LENGTH - start :]
        track[start : start + len(part)] += part
        start = 0


@lru_cache(maxsize=256)
def period(wave: str, harmonics: int) -> Floats:
    """(TABLE,) one period of a wave, made of so many harmonics that none folds back."""
    k = np.arange(1, harmonics + 1)
    odd = k % 2
    sizes = {
        "sine": (k == 1).astype(float),
        "soft": k**-2.2,
        "saw": 1 / k,
        "square": odd / k,
        "pulse": np.sin(np.pi * k / 4) / k,
        "triangle": odd * np.where(k % 4 == 1, 1, -1) / k**2,
        "organ": np.isin(k, (1, 2, 3, 4, 6, 8)) / np.sqrt(k),
        "string": np.abs(np.sin(np.pi * k * 0.21)) / k**1.2,
    }[wave]
    turns = 2 * np.pi * np.arange(TABLE)[:, None] / TABLE * k
    values = np.sin(turns) @ sizes
    return np.asarray(values / np.abs(values).max(), np.float32)


def tone(note: float, seconds: float, wave: str, *, vibrato: float = 0.0) -> Floats:
    """A steady tone; `note` is a MIDI number (69 is 440 Hz), `vibrato` in semitones at 5.5 Hz."""
    hertz = 440 * 2 ** ((note - 69) / 12)
    time = np.arange(int(seconds * RATE)) / RATE
    if vibrato:  # the phase is the integral of the frequency
        depth = vibrato * np.log(2) / 12 / (2 * np.pi * 5.5)
        time = time + depth * (1 - np.cos(2 * np.pi * 5.5 * time))
    table = period(wave, int(np.clip(0.45 * RATE / hertz, 1, 40)))
    out: Floats = table[(time * (hertz * TABLE)).astype(np.int64) & (TABLE - 1)]
    return out


def noise(rng: np.random.Generator, seconds: float) -> Floats:
    """White noise with a standard deviation of one third."""
    return rng.standard_normal(int(seconds * RATE), dtype=np.float32) / np.float32(3)


def struck(sound: Floats, decay: float) -> Floats:
    """A sound that starts at once and dies away with a time constant in seconds."""
    time = np.arange(len(sound), dtype=np.float32) / np.float32(RATE)
    return held(sound * np.exp(-time / np.float32(decay)), 0.002, 0.01)


def held(sound: Floats, attack: float, release: float) -> Floats:
    """A sound that fades in and out, in seconds."""
    out = sound.copy()
    for seconds, part in ((attack, slice(None)), (release, slice(None, None, -1))):
        n = min(int(seconds * RATE), len(out))
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(n, dtype=np.float32) / max(n, 1))
        out[part][:n] *= ramp
    return out


def pluck(note: float, seconds: float, bright: float, *, wave: str = "string") -> Floats:
    """A string that is struck: a bright start over a mellow rest; `bright` from 0 to 1."""
    mellow = struck(tone(note, seconds, "soft"), 0.3 * seconds)
    return mellow + np.float32(bright) * struck(tone(note, seconds, wave), 0.12 * seconds)


def kick(deep: float = 46.0, decay: float = 0.13) -> Floats:
    """A bass drum that falls to `deep` Hz."""
    time = np.arange(int(0.4 * RATE)) / RATE
    phase = deep * time + 4.5 * (1 - np.exp(-time * 34))
    return struck(np.sin(2 * np.pi * phase).astype(np.float32), decay)


def snare(rng: np.random.Generator, *, body: float = 185.0, decay: float = 0.08) -> Floats:
    """A snare drum: a short tone of `body` Hz under a burst of noise."""
    burst = np.diff(noise(rng, 0.3), prepend=np.float32(0))
    time = np.arange(len(burst), dtype=np.float32) / np.float32(RATE)
    drum = struck(np.sin(2 * np.pi * np.float32(body) * time), 0.05)
    return 0.6 * drum + struck(1.1 * burst, decay)


def hat(rng: np.random.Generator, decay: float = 0.02) -> Floats:
    """A cymbal: noise without its low part."""
    return struck(np.diff(noise(rng, 8 * decay), n=2, prepend=np.zeros(2, np.float32)), decay)


def clap(rng: np.random.Generator) -> Floats:
    """Three quick bursts and a tail."""
    out = np.zeros(int(0.25 * RATE), np.float32)
    for start, decay in ((0.0, 0.006), (0.011, 0.006), (0.022, 0.06)):
        burst = struck(np.diff(noise(rng, 0.2)), decay)
        out[int(start * RATE) :][: len(burst)] += burst[: len(out) - int(start * RATE)]
    return out


def _filtered(track: Floats, response: Floats) -> Floats:
    return np.fft.irfft(np.fft.rfft(track) * response, LENGTH).astype(np.float32)


def lowpass(track: Floats, hertz: float, peak: float = 0.0) -> Floats:
    """The track without what lies above; `peak` lifts the band at the edge."""
    ratio = np.fft.rfftfreq(LENGTH, 1 / RATE).astype(np.float32) / np.float32(hertz)
    return _filtered(track, 1 / np.sqrt(1 + ratio**6) + peak * np.exp(-(((ratio - 1) / 0.15) ** 2)))


def highpass(track: Floats, hertz: float) -> Floats:
    """The track without what lies below."""
    ratio = np.fft.rfftfreq(LENGTH, 1 / RATE).astype(np.float32) / np.float32(hertz)
    return _filtered(track, ratio**2 / np.sqrt(1 + ratio**4))


def echo(track: Floats, gap: float, feedback: float) -> Floats:
    """The track with fading repeats, `gap` being a share of the loop."""
    out, repeat = track.copy(), track
    for _ in range(5):
        repeat = np.roll(repeat, round(gap * LENGTH)) * np.float32(feedback)
        out += repeat
    return out


@lru_cache(maxsize=16)
def _hall(seconds: float) -> npt.NDArray[np.complex64]:
    rng = np.random.default_rng(round(1000 * seconds))  # one fixed hall per length
    tail = rng.standard_normal(LENGTH) * np.exp(-6.9 * np.arange(LENGTH) / (seconds * RATE))
    tail *= np.clip(np.arange(LENGTH) / (0.01 * RATE), 0, 1)
    return np.fft.rfft(tail / np.sqrt((tail**2).sum())).astype(np.complex64)


def room(track: Floats, seconds: float, wet: float) -> Floats:
    """The track in a room whose sound dies away in so many seconds; `wet` is the room's share."""
    return track + np.float32(wet) * np.fft.irfft(
        np.fft.rfft(track) * _hall(seconds), LENGTH
    ).astype(np.float32)


def fold(track: Floats, drive: float) -> Floats:
    """An overdriven amplifier: the louder, the more overtones."""
    out: Floats = np.tanh(track * np.float32(drive))
    return out

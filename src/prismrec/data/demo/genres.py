"""Eight genres: each has its tempo, scale, instruments and rhythm.

An arrangement takes random numbers for key, chords and patterns and returns a loop, unmastered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from prismrec.data.demo.synth import (
    clap,
    echo,
    fold,
    hat,
    held,
    highpass,
    kick,
    lay,
    lowpass,
    noise,
    pluck,
    room,
    silence,
    snare,
    struck,
    tone,
)
from prismrec.types import Floats

__all__ = ["ARRANGEMENTS"]

MAJOR, LYDIAN = (0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 6, 7, 9, 11)
MINOR, HARMONIC = (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 8, 11)
PENTATONIC = (0, 2, 4, 7, 9)
BREAKS = (  # sixteenths of a bar on which bass drum and snare drum fall
    ((0, 2, 10), (4, 7, 9, 12)),
    ((0, 2, 10, 11), (4, 7, 12, 15)),
    ((0, 10, 11), (4, 7, 14, 15)),
)


def degree(scale: Sequence[int], step: int) -> int:
    """Semitones above the root of a step of a scale, any octave."""
    return 12 * (step // len(scale)) + scale[step % len(scale)]


def pick(rng: np.random.Generator, *choices: Sequence[int]) -> Sequence[int]:
    """One of several lines."""
    return choices[rng.integers(len(choices))]


def root(rng: np.random.Generator, low: int) -> int:
    """A key: one of the twelve notes from `low` on."""
    return low + int(rng.integers(12))


def ambient(rng: np.random.Generator) -> Floats:
    """60 beats a minute, no drums: two wide chords that melt into each other, a few bells."""
    key, pads, bells = root(rng, 45), silence(), silence()
    for half, base in enumerate(pick(rng, (0, 4), (0, 1), (2, 0), (5, 3))):
        for step in (0, 2, 4, 6):
            for detune in (-0.07, 0.08):
                note = key + degree(LYDIAN, base + step) + detune
                lay(pads, held(tone(note, 3.6, "saw"), 1.5, 1.8), half / 2 - 0.1, gain=0.2)
    lay(pads, held(tone(key - 12, 4.0, "soft"), 1.0, 1.0), 0.0, gain=0.5)
    for at in rng.choice(16, int(rng.integers(2, 5)), replace=False):
        note = key + 24 + degree(LYDIAN, int(rng.choice([0, 2, 4, 6, 8])))
        lay(bells, struck(tone(note, 2.0, "soft"), 0.5), at / 16, gain=0.12)
    return room(lowpass(pads, rng.uniform(700, 1300)) + bells, 3.0, 0.9)


def house(rng: np.random.Generator) -> Floats:
    """120 beats a minute: a bass drum on every beat, open cymbals between, minor chords."""
    key, drums, bass, chords = root(rng, 33), silence(), silence(), silence()
    for beat in range(8):
        lay(drums, kick(48), beat / 8, gain=1.0)
        lay(drums, hat(rng, 0.05), (beat + 0.5) / 8, gain=0.35)
        if beat % 2:
            lay(drums, clap(rng), beat / 8, gain=0.55)
    for step in range(32):
        lay(drums, hat(rng, 0.012), step / 32, gain=0.1 + 0.08 * rng.random())
    for step in pick(rng, (2, 6, 10, 14, 18, 22, 26, 30), (2, 3, 6, 11, 14, 18, 19, 22, 27, 30)):
        note = key + degree(MINOR, int(rng.choice([0, 0, 0, 4, 6])))
        lay(bass, held(tone(note, 0.2, "saw"), 0.004, 0.06), step / 32, gain=0.5)
    moves = pick(rng, (0, 3), (0, 5), (0, 0), (0, 6))
    for step in pick(rng, (3, 6, 11, 14), (0, 3, 6, 10), (3, 7, 10, 14)):
        for half in (0, 1):
            for voice in (0, 2, 4, 6):
                note = key + 24 + degree(MINOR, moves[half] + voice)
                sound = struck(tone(note, 0.4, "saw"), 0.12)
                lay(chords, sound, (step + 16 * half) / 32, gain=0.16)
    pump = np.minimum(1, np.arange(len(drums)) * 8 / len(drums) % 1 * 2.2 + 0.25)
    music = lowpass(bass, 500, 0.6) + room(lowpass(chords, rng.uniform(1400, 2600)), 0.8, 0.4)
    return drums + music * pump.astype(np.float32)


def jungle(rng: np.random.Generator) -> Floats:
    """180 beats a minute: chopped drums that stumble and roll over a very deep bass."""
    key, drums, bass, pad = root(rng, 28), silence(), silence(), silence()
    for bar in range(3):
        kicks, snares = (
            ((0, 2, 10), (4, 7, 9, 12)) if rng.random() < 0.6 else ((0, 10, 11), (4, 7, 14, 15))
        )
        for step in kicks:
            lay(drums, kick(58, 0.07), (16 * bar + step) / 48, gain=0.9)
        for step in snares:
            soft = 0.45 if step in {7, 9, 15} else 1.0
            lay(
                drums,
                snare(rng, body=rng.uniform(200, 240), decay=0.06),
                (16 * bar + step) / 48,
                gain=soft,
            )
        for step in range(0, 16, 1 if rng.random() < 0.3 else 2):
            lay(drums, hat(rng, 0.018), (16 * bar + step) / 48, gain=0.2 + 0.15 * rng.random())
    for at, seconds in ((0, 1.2), (18, 0.9), (32, 1.1)):
        note = key + degree(MINOR, int(rng.choice([0, 0, 2, 3, 6])))
        deep = held(tone(note, seconds, "sine") + 0.3 * tone(note + 0.1, seconds, "saw"), 0.01, 0.1)
        lay(bass, deep, at / 48, gain=0.8)
    for voice in (0, 2, 4, 8):
        lay(pad, held(tone(key + 36 + degree(MINOR, voice), 2.4, "saw"), 0.3, 1.2), 0.0, gain=0.1)
    return 1.2 * highpass(drums, 60) + lowpass(bass, 260) + room(lowpass(pad, 1500), 2.0, 0.6)


def dub(rng: np.random.Generator) -> Floats:
    """60 heavy beats a minute, chords on the off-beat, one drum in each half, long echoes."""
    key, drums, bass, chops = root(rng, 31), silence(), silence(), silence()
    for beat in range(8):
        lay(drums, hat(rng, 0.03), (beat + 0.06) / 8, gain=0.16)
        lay(drums, hat(rng, 0.015), (beat + 0.6) / 8, gain=0.12)
        for voice in (0, 2, 4):
            note = key + 29 + degree(MINOR, voice + (3 if beat >= 4 else 0))
            sound = held(tone(note, 0.13, "organ"), 0.004, 0.05)
            lay(chops, sound, (beat + 0.5) / 8, gain=0.22)
    for beat in (2, 6):
        lay(drums, kick(42, 0.2), beat / 8, gain=1.1)
    rim = silence()
    lay(rim, struck(tone(82, 0.08, "triangle"), 0.015), 2 / 8, gain=0.5)
    lay(rim, snare(rng, body=320, decay=0.03), float(rng.choice([6, 6.5, 7.5])) / 8, gain=0.6)
    line = pick(rng, (0, 0, 2, 4, 0, 6), (0, 4, 3, 2, 0, 0), (0, 0, 4, 4, 6, 2))
    for step, at in zip(line, pick(rng, (0, 3, 5, 8, 10, 13), (0, 2, 3, 8, 11, 14)), strict=True):
        note = key + degree(MINOR, step)
        lay(bass, held(tone(note, 0.42, "triangle"), 0.01, 0.12), at / 16, gain=1.1)
    wet = echo(highpass(chops + rim, 500), 3 / 16, 0.55)
    return drums + lowpass(bass, 300) + lowpass(room(wet, 1.6, 0.5), 3200)


def chip(rng: np.random.Generator) -> Floats:
    """150 beats a minute in five: square waves that race through broken chords, noise for drums."""
    key, track = root(rng, 57), silence()
    chords = pick(rng, (0, 3), (0, 5), (5, 3), (0, 4))
    for step in range(40):
        base = chords[step // 20]
        arp = (0, 2, 4, 7)[step % 4] if step % 20 < 16 else (7, 4, 2, 4)[step % 4]
        note = key + degree(MAJOR, base + arp)
        lay(track, held(tone(note, 0.09, "pulse"), 0.002, 0.01), step / 40, gain=0.3)
    step = 0
    while step < 40:
        size = int(rng.choice([2, 2, 4, 6]))
        note = (
            key + 12 + degree(MAJOR, chords[min(step, 39) // 20] + int(rng.choice([0, 2, 4, 5, 7])))
        )
        sound = held(tone(note, 0.1 * size - 0.02, "square", vibrato=0.15), 0.002, 0.02)
        lay(track, sound, step / 40, gain=0.3)
        step += size
    for beat in range(20):
        note = key - 24 + degree(MAJOR, chords[beat // 10]) + 12 * (beat % 2)
        lay(track, held(tone(note, 0.17, "triangle"), 0.002, 0.01), beat / 20, gain=0.6)
        burst = np.repeat(noise(rng, 0.05)[::3], 3)  # coarse noise, as the old machines made it
        lay(track, struck(burst, 0.05 if beat % 4 == 2 else 0.012), beat / 20, gain=0.5)
    return track


def silk(rng: np.random.Generator) -> Floats:
    """Free and slow: plucked strings on five notes with slides and tremolos, much silence."""
    key, strings = root(rng, 55), silence()
    at, step = 0.0, int(rng.integers(3, 8))
    while at < 0.92:
        note = key + degree(PENTATONIC, step)
        kind = rng.random()
        if kind < 0.2:  # a tremolo that grows
            for k in range(6):
                lay(strings, pluck(note, 0.6, 0.6), at + 0.018 * k, gain=0.2 + 0.07 * k)
        else:
            if kind < 0.5:  # a grace note from below
                lay(strings, pluck(key + degree(PENTATONIC, step - 1), 0.4, 0.7), at, gain=0.4)
            lay(strings, pluck(note, 2.2, 0.8), at + (0.02 if kind < 0.5 else 0), gain=0.8)
        if rng.random() < 0.3:
            lay(strings, pluck(key - 12 + degree(PENTATONIC, step % 5), 2.5, 0.5), at, gain=0.6)
        at += float(rng.choice([0.0625, 0.125, 0.125, 0.25]))
        step = int(np.clip(step + rng.choice([-2, -1, -1, 1, 1, 2]), 0, 10))
    lay(strings, pluck(key - 24, 3.5, 0.4), 0.0, gain=0.7)
    return room(highpass(strings, 90), 1.8, 0.35)


def garage(rng: np.random.Generator) -> Floats:
    """120 beats a minute, loud: overdriven fifths in eighths, hard drums, a crash."""
    key, guitar, drums, bass = root(rng, 38), silence(), silence(), silence()
    moves = pick(rng, (0, 3, 4, 3), (0, 5, 3, 4), (0, 6, 3, 0), (0, 0, 3, 5))
    rests = set(rng.choice(16, 3, replace=False).tolist())
    for eighth in range(16):
        note = key + degree(MINOR, moves[eighth // 4])
        lay(bass, held(tone(note - 12, 0.24, "saw"), 0.004, 0.03), eighth / 16, gain=0.7)
        for fifth in (0, 7, 12):
            short = 0.09 if eighth in rests else 0.25
            chord = held(tone(note + fifth + 0.05, short, "saw"), 0.003, 0.02)
            lay(guitar, chord, eighth / 16 + rng.normal(0, 0.0006), gain=0.5)
        lay(drums, hat(rng, 0.04), eighth / 16, gain=0.35)
        if eighth % 4 == 2:
            lay(drums, snare(rng, body=170, decay=0.12), eighth / 16, gain=1.1)
        elif eighth % 4 == 0 or rng.random() < 0.25:
            lay(drums, kick(55, 0.1), eighth / 16, gain=1.0)
    lay(drums, hat(rng, 0.35), 0.0, gain=0.5)
    loud = lowpass(highpass(fold(guitar, 5.0), 110), 3800)
    return room(0.75 * loud + drums + 0.6 * lowpass(bass, 600), 0.7, 0.25)


def waltz(rng: np.random.Generator) -> Floats:
    """90 beats a minute in three: a piano goes oom-pah-pah, an accordion sings in minor."""
    key, piano, reeds = root(rng, 45), silence(), silence()
    step = int(rng.integers(7, 11))
    for bar, base in enumerate(pick(rng, (0, 4), (0, 3), (5, 4), (3, 0))):
        low = key - 12 + degree(HARMONIC, base)
        lay(piano, pluck(low, 1.6, 0.35, wave="saw"), bar / 2, gain=0.8)
        for beat in (1, 2):
            for voice in (2, 4, 7):
                note = key + degree(HARMONIC, base + voice)
                lay(piano, pluck(note, 0.7, 0.2, wave="saw"), (3 * bar + beat) / 6, gain=0.3)
        for at, beats in ((0.0, 1.0), (1.0, 0.5), (1.5, 0.5), (2.0, 1.0)):
            if at and rng.random() < 0.25:
                continue
            for detune in (-0.06, 0.06):  # two reeds to a note beat against each other
                reed = key + 12 + degree(HARMONIC, step) + detune
                sound = held(tone(reed, 0.66 * beats, "organ", vibrato=0.1), 0.03, 0.06)
                lay(reeds, sound, (3 * bar + at) / 6, gain=0.25)
            step = int(np.clip(step + rng.choice([-2, -1, 1, 2]), 5, 13))
        for voice in (0, 2, 4):
            note = key + degree(HARMONIC, base + voice)
            lay(reeds, held(tone(note, 1.96, "organ"), 0.08, 0.1), bar / 2, gain=0.08)
    return room(piano + lowpass(reeds, 3000), 0.9, 0.25)


ARRANGEMENTS: Mapping[str, Callable[[np.random.Generator], Floats]] = {
    "ambient": ambient,
    "house": house,
    "jungle": jungle,
    "dub": dub,
    "chip": chip,
    "silk": silk,
    "garage": garage,
    "waltz": waltz,
}

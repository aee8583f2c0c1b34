"""A sound to the stretches that an encoder hears one by one; there is always at least one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prismrec.errors import BadData
from prismrec.media.audio import Sound
from prismrec.media.audio.level import FRAME, level_edges, levels
from prismrec.media.audio.rhythm import onsets
from prismrec.types import Bools

__all__ = ["WAYS", "by_onset", "by_silence", "segments", "windows"]

Stretch = tuple[int, int]  # first sample, sample after the last

WAYS = ("windows", "silence", "onset")


def segments(sound: Sound, by: str) -> list[Sound]:
    """The stretches of a sound as sounds: `windows`, `by_silence` or `by_onset` as they come.

    Raises:
        BadData: for a way that does not exist.
    """
    ways: dict[str, Callable[[Sound], list[Stretch]]]
    ways = {"windows": windows, "silence": by_silence, "onset": by_onset}
    if by not in ways:
        raise BadData(f"sounds are cut by {', '.join(WAYS)}, not by {by!r}")
    return [Sound(sound.samples[start:end], sound.rate) for start, end in ways[by](sound)]


def windows(sound: Sound, *, seconds: float = 3.0, hop: float = 1.5) -> list[Stretch]:
    """Stretches of equal length, one every `hop` seconds.

    Where half a hop or more would be left over, one more ends with the sound. A sound that is
    shorter than one window is one stretch.
    """
    n = len(sound.samples)
    size, step = max(1, round(seconds * sound.rate)), max(1, round(hop * sound.rate))
    if n <= size:
        return [(0, n)]
    starts = [*range(0, n - size + 1, step)]
    if 2 * (n - size - starts[-1]) >= step:
        starts.append(n - size)
    return [(start, start + size) for start in starts]


def by_silence(
    sound: Sound, *, below: float = 40.0, pause: float = 0.2, shortest: float = 0.1
) -> list[Stretch]:
    """What lies between pauses; the pauses are left out.

    Args:
        sound: what is cut.
        below: decibels under the loudest 10 ms from which on it is silent.
        pause: seconds of silence that separate two stretches.
        shortest: seconds of a stretch that counts as more than a click.
    """
    loud = levels(sound)
    runs = _runs(loud > loud.max() - below)
    joined: list[Stretch] = []
    gap, least = pause / FRAME, shortest / FRAME
    for start, end in runs:
        if joined and start - joined[-1][1] < gap:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    edges = level_edges(sound)
    kept = [run for run in joined if run[1] - run[0] >= least]
    return [(int(edges[a]), int(edges[b])) for a, b in kept] or [(0, len(sound.samples))]


def by_onset(sound: Sound, *, shortest: float = 0.4) -> list[Stretch]:
    """From one onset to the next, so that a stretch holds one note, beat or event.

    The first stretch begins with the sound; one shorter than `shortest` seconds is joined to the
    one before.
    """
    n, least = len(sound.samples), shortest * sound.rate
    edges = [0]
    for onset in onsets(sound):
        if onset - edges[-1] >= least and n - onset >= least:
            edges.append(int(onset))
    return list(zip(edges, [*edges[1:], n], strict=True))


def _runs(mask: Bools) -> list[Stretch]:
    """First place and place after the last of each stretch of True."""
    turns = np.flatnonzero(np.diff(np.pad(mask, 1).astype(np.int8)))
    return list(zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True))

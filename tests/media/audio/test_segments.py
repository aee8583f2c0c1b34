from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prismrec.errors import BadData
from prismrec.media.audio import Sound
from prismrec.media.audio.segments import WAYS, by_onset, by_silence, segments, windows

RATE = 8_000
waves = arrays.arrays(np.float32, st.integers(1, 5000), elements=st.floats(-1, 1, width=32))


def notes(*starts: float, seconds: float = 4, length: float = 0.4) -> Sound:
    rng = np.random.default_rng(0)
    samples = np.zeros(int(seconds * RATE), np.float32)
    for start in starts:
        n = int(length * RATE)
        fading = np.exp(-5 * np.arange(n) / n) * rng.normal(size=n)
        samples[int(start * RATE) :][:n] += 0.2 * fading
    return Sound(samples, RATE)


def in_seconds(stretches: list[tuple[int, int]]) -> list[float]:
    return [edge / RATE for stretch in stretches for edge in stretch]


def test_windows_by_hand() -> None:
    sound = Sound(np.zeros(10, np.float32), 1)
    assert windows(sound, seconds=4, hop=2) == [(0, 4), (2, 6), (4, 8), (6, 10)]
    assert windows(sound, seconds=4, hop=3) == [(0, 4), (3, 7), (6, 10)]
    assert windows(sound, seconds=4, hop=4) == [(0, 4), (4, 8), (6, 10)]
    assert windows(sound, seconds=4, hop=5) == [(0, 4), (5, 9)]  # one second is not worth a window
    assert windows(sound, seconds=10, hop=1) == windows(sound, seconds=11) == [(0, 10)]


@given(st.integers(1, 500), st.floats(0.01, 9), st.floats(0.01, 1))
def test_windows_cover_all_but_half_a_hop(n: int, seconds: float, share: float) -> None:
    sound = Sound(np.zeros(n, np.float32), 10)
    found = windows(sound, seconds=seconds, hop=seconds * share)
    assert found[0][0] == 0
    step = max(1, round(seconds * share * 10))
    assert n - found[-1][1] < max(1, step / 2)
    assert all(0 < end - start <= max(1, round(seconds * 10)) for start, end in found)
    assert all(b[0] <= a[1] and a < b for a, b in itertools.pairwise(found))


def test_silence_divides() -> None:
    found = in_seconds(by_silence(notes(0.5, 2.0, 3.0, length=0.5), below=40))
    assert found == pytest.approx([0.5, 1.0, 2.0, 2.5, 3.0, 3.5], abs=0.06)


def test_a_short_pause_divides_nothing() -> None:
    sound = notes(0.5, 1.1, 3.0, length=0.5)
    assert len(by_silence(sound, pause=0.2)) == 2
    assert len(by_silence(sound, pause=0.05)) == 3


def test_a_click_is_no_stretch() -> None:
    sound = notes(0.5, length=0.5)
    sound.samples[3 * RATE] = 0.5
    assert in_seconds(by_silence(sound)) == pytest.approx([0.5, 1.0], abs=0.06)


def test_onsets_divide() -> None:
    found = by_onset(notes(0.0, 1.0, 1.7, 3.0))
    assert [start / RATE for start, _ in found] == pytest.approx([0, 1.0, 1.7, 3.0], abs=0.05)


def test_onsets_that_are_close_stay_together() -> None:
    found = by_onset(notes(0.0, 1.0, 1.2, 3.0), shortest=0.4)
    assert [start / RATE for start, _ in found] == pytest.approx([0, 1.0, 3.0], abs=0.05)


@pytest.mark.parametrize("by", WAYS)
@given(samples=waves)
def test_there_is_always_something_to_hear(by: str, samples: np.ndarray) -> None:
    found = segments(Sound(samples, RATE), by)
    assert found
    assert all(len(part.samples) and part.rate == RATE for part in found)
    assert sum(len(part.samples) for part in found) <= 3 * len(samples)


@given(samples=waves)
def test_onsets_leave_nothing_out(samples: np.ndarray) -> None:
    parts = segments(Sound(samples, RATE), "onset")
    assert np.array_equal(np.concatenate([part.samples for part in parts]), samples)


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("samples", [[0.5], [0.0] * 9000])
def test_one_sample_and_silence_are_one_segment(by: str, samples: list[float]) -> None:
    (part,) = segments(Sound(np.array(samples, np.float32), RATE), by)
    assert part.samples.tolist() == samples


def test_a_way_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadData, match="not by 'beat'"):
        segments(Sound(np.zeros(1, np.float32), RATE), "beat")

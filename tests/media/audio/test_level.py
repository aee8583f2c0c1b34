from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.media.audio import Sound
from prismrec.media.audio.level import _high_pass, _shelf, level_edges, levels, loudness


def sine(decibels: float, seconds: float, *, hertz: float = 997, rate: int = 48_000) -> np.ndarray:
    wave = np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    return (10 ** (decibels / 20) * wave).astype(np.float32)


def test_filters_are_those_of_the_recommendation() -> None:
    """ITU-R BS.1770-4, tables 1 and 2: coefficients at 48 kHz."""
    numerator, denominator = _shelf(48_000)
    assert numerator == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285])
    assert denominator == pytest.approx([1.0, -1.69065929318241, 0.73248077421585])
    numerator, denominator = _high_pass(48_000)
    assert numerator == pytest.approx([1.0, -2.0, 1.0])
    assert denominator == pytest.approx([1.0, -1.99004745483398, 0.99007225036621])


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_a_sine_of_full_scale_has_3_lufs_below_0(rate: int) -> None:
    """The calibration of BS.1770: 997 Hz in one channel."""
    assert loudness(Sound(sine(0, 3, rate=rate), rate)) == pytest.approx(-3.01, abs=0.05)


def test_quiet_stretches_do_not_count() -> None:
    """EBU Tech 3341, case 3, in one channel: 10 s at -36, 60 s at -23, 10 s at -36."""
    parts = [sine(-36, 10), sine(-23, 60), sine(-36, 10)]
    expected = loudness(Sound(sine(-23, 5), 48_000))
    assert loudness(Sound(np.concatenate(parts), 48_000)) == pytest.approx(expected, abs=0.1)


def test_loudness_follows_the_gain() -> None:
    quiet, loud = (loudness(Sound(sine(level, 2), 48_000)) for level in (-40, -20))
    assert loud - quiet == pytest.approx(20, abs=1e-3)


@pytest.mark.parametrize("samples", [np.zeros(1), np.zeros(50_000), np.full(3, 1e-9)])
def test_silence_has_no_loudness(samples: np.ndarray) -> None:
    assert loudness(Sound(samples.astype(np.float32), 48_000)) == -np.inf


def test_levels_are_those_of_each_hundredth_of_a_second() -> None:
    sound = Sound(np.repeat([1.0, 0.1, 0.0], 80).astype(np.float32), 8_000)
    assert levels(sound) == pytest.approx([0, -20, -200])


@given(st.integers(1, 3000), st.integers(1, 48_000))
def test_frames_cover_the_sound(n: int, rate: int) -> None:
    sound = Sound(np.ones(n, np.float32), rate)
    edges = level_edges(sound)
    assert edges[0] == 0
    assert edges[-1] == n
    assert (np.diff(edges) > 0).all()
    assert len(levels(sound)) == len(edges) - 1

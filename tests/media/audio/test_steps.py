from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prismrec.errors import BadData
from prismrec.media.audio import Sound
from prismrec.media.audio.denoise import Denoise, HighPass
from prismrec.media.audio.enhance import Loudness, Peak, PreEmphasis
from prismrec.media.audio.level import loudness
from prismrec.media.audio.trim import RemoveSilence, Trim

RATE = 16_000
waves = arrays.arrays(np.float32, st.integers(1, 2000), elements=st.floats(-1, 1, width=32))


def beeps(seconds: float = 4) -> np.ndarray:
    """Half a second of 440 Hz in each second."""
    t = np.arange(int(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * 440 * t) * (t % 1 < 0.5)).astype(np.float32)


def error(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((found - wanted) ** 2)))


def test_denoise_takes_hiss_out_and_leaves_the_tones() -> None:
    clean = beeps()
    noise = 0.02 * np.random.default_rng(0).normal(size=len(clean))
    noisy = (clean + noise).astype(np.float32)
    found = Denoise()(Sound(noisy, RATE)).samples
    assert error(found, clean) < error(noisy, clean) - 4
    pause = slice(int(0.65 * RATE), int(0.85 * RATE))
    assert np.std(found[pause]) < 0.4 * np.std(noisy[pause])
    beep = slice(int(0.1 * RATE), int(0.4 * RATE))
    assert np.std(found[beep]) == pytest.approx(np.std(clean[beep]), rel=0.02)


def test_denoise_reduces_pure_noise_by_what_it_is_asked() -> None:
    noise = np.random.default_rng(0).normal(size=5 * RATE).astype(np.float32)
    found = Denoise(reduction=20, above=12)(Sound(noise, RATE)).samples
    assert 20 * np.log10(np.std(found) / np.std(noise)) == pytest.approx(-20, abs=1)


def test_denoise_of_nothing_changes_nothing() -> None:
    sound = Sound(beeps(), RATE)
    assert Denoise(reduction=0)(sound).samples == pytest.approx(sound.samples, abs=1e-6)


@pytest.mark.parametrize("quietest", [0, 1, -0.1])
def test_denoise_refuses_a_share_that_is_none(quietest: float) -> None:
    with pytest.raises(BadData, match="between 0 and 1"):
        Denoise(quietest=quietest)


def test_high_pass_removes_offset_and_rumble_alone() -> None:
    clean = beeps()
    rumble = 0.3 + 0.3 * np.sin(2 * np.pi * 10 * np.arange(len(clean)) / RATE)
    found = HighPass()(Sound((clean + rumble).astype(np.float32), RATE)).samples
    assert np.abs(found - clean).max() < 0.02


def test_high_pass_refuses_a_frequency_that_is_none() -> None:
    with pytest.raises(BadData, match="above 0"):
        HighPass(hertz=0)


@pytest.mark.parametrize("target", [-14.0, -23.0, -30.0])
def test_loudness_reaches_its_target(target: float) -> None:
    found = Loudness(target=target)(Sound(beeps(), RATE))
    assert loudness(found) == pytest.approx(target, abs=0.01)


def test_loudness_stops_where_it_would_clip() -> None:
    click = np.zeros(RATE, np.float32)
    click[100] = 0.9
    found = Loudness(target=-5)(Sound(click, RATE)).samples
    assert np.abs(found).max() == pytest.approx(10 ** (-1 / 20), rel=1e-5)


@given(waves, st.floats(-40, 0))
def test_peak_is_where_it_is_asked(samples: np.ndarray, height: float) -> None:
    found = np.abs(Peak(height=height)(Sound(samples, RATE)).samples).max()
    if np.abs(samples).max() < 1e-6:
        assert found < 1e-3 or found == pytest.approx(10 ** (height / 20), rel=1e-4)
    else:
        assert found == pytest.approx(10 ** (height / 20), rel=1e-4)


def test_pre_emphasis_by_hand() -> None:
    found = PreEmphasis(0.5)(Sound(np.array([1, 2, 4], np.float32), RATE)).samples
    assert found.tolist() == [0.5, 1.5, 3.0]


def test_trim_keeps_what_lies_between_the_silent_ends() -> None:
    inside = beeps(2.5)
    found = Trim()(Sound(np.pad(inside, (3000, 5000)), RATE)).samples
    assert len(found) == pytest.approx(2.5 * RATE, abs=400)
    assert found.max() == inside.max()


def test_trim_goes_by_the_level_of_the_sound_itself() -> None:
    hiss = 0.001 * np.random.default_rng(0).normal(size=RATE)
    quiet = np.concatenate([hiss, beeps(1), hiss]).astype(np.float32)
    assert len(Trim(below=30)(Sound(quiet, RATE)).samples) == pytest.approx(0.5 * RATE, abs=200)
    assert len(Trim(below=80)(Sound(quiet, RATE)).samples) == len(quiet)


def test_remove_silence_leaves_the_beeps_and_a_little_around_them() -> None:
    found = RemoveSilence(keep=0.05)(Sound(beeps(4), RATE)).samples
    assert len(found) == pytest.approx(4 * (0.5 + 0.1) * RATE - 0.05 * RATE, abs=800)
    assert np.sum(found**2) == pytest.approx(np.sum(beeps(4) ** 2), rel=1e-4)


@given(waves, st.floats(1, 90))
def test_trimming_twice_is_trimming_once(samples: np.ndarray, below: float) -> None:
    step = Trim(below=below)
    once = step(Sound(samples, 800))  # 8 samples a frame
    assert 0 < len(once.samples) <= len(samples)
    # A frame cut short at the end may change its level, nothing else may.
    assert len(once.samples) - len(step(once).samples) <= 8


@given(waves)
def test_silence_is_removed_in_order(samples: np.ndarray) -> None:
    """What is left is a subsequence: nothing is invented or moved."""
    left = iter(samples.tolist())
    found = RemoveSilence(keep=0.01)(Sound(samples, 800)).samples.tolist()
    assert all(any(value == other for other in left) for value in found)

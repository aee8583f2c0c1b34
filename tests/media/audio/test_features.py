from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prismrec.media.audio import Sound, features
from prismrec.media.audio.rhythm import onset_strength, onsets, tempo

RATE = 22_050
waves = arrays.arrays(np.float32, st.integers(1, 5000), elements=st.floats(-1, 1, width=32))
BY_FRAME = ("chroma", "contrast", "log_mel", "mfcc", "spectrum", "zero_crossings")


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE) -> Sound:
    t = np.arange(int(seconds * rate)) / rate
    return Sound(0.5 * np.sin(2 * np.pi * hertz * t).astype(np.float32), rate)


def noise(seconds: float = 1.0) -> Sound:
    rng = np.random.default_rng(0)
    return Sound(0.1 * rng.normal(size=int(seconds * RATE)).astype(np.float32), RATE)


def clicks(beats: float, seconds: float = 8.0) -> Sound:
    samples = np.zeros(int(seconds * RATE), np.float32)
    for start in np.arange(0, seconds - 0.1, 60 / beats):
        burst = np.random.default_rng(0).normal(size=2000) * np.exp(-np.arange(2000) / 300)
        samples[int(start * RATE) :][:2000] += 0.3 * burst
    return Sound(samples, RATE)


@pytest.mark.parametrize("hertz,pitch", [(261.63, "C"), (440, "A"), (830.61, "G#"), (1318.5, "E")])
def test_a_note_has_its_pitch(hertz: float, pitch: str) -> None:
    middle = features.chroma(tone(hertz))[5:-5]
    assert {features.PITCHES[best] for best in middle.argmax(axis=1)} == {pitch}
    assert (middle.max(axis=1) == 1).all()


@pytest.mark.parametrize("hertz", [300, 2000, 7000])
def test_a_tone_is_as_bright_as_its_frequency(hertz: float) -> None:
    shape = features.shape(tone(hertz))
    assert shape["centroid"][20] == pytest.approx(hertz, rel=0.02)
    assert shape["rolloff"][20] == pytest.approx(hertz, abs=25)
    assert shape["bandwidth"][20] < 150
    assert shape["flatness"][20] < 1e-3
    crossings = features.zero_crossings(tone(hertz))[20]
    assert crossings == pytest.approx(2 * hertz / RATE, rel=0.02)


def test_noise_is_flat_and_wide() -> None:
    shape = features.shape(noise())
    assert shape["flatness"].mean() > 0.4
    assert shape["centroid"].mean() == pytest.approx(RATE / 4, rel=0.05)
    assert shape["bandwidth"].mean() > 2500


def test_tones_have_more_contrast_than_noise() -> None:
    band = 4  # 1,600 to 3,200 Hz
    assert features.contrast(tone(2000))[20, band] > features.contrast(noise())[20, band] + 20


def test_a_band_that_the_rate_lacks_has_no_contrast() -> None:
    found = features.contrast(tone(500, rate=8_000))
    assert found[5:-5, :6].any(axis=0).all()
    assert not found[:, 6].any()


def test_slope_and_bend_of_a_parabola() -> None:
    t = np.arange(20.0)[:, None]
    assert features.delta(3 * t) == pytest.approx(np.full((20, 1), 3.0))
    assert features.delta(t**2, order=2) == pytest.approx(np.full((20, 1), 2.0))
    assert features.delta(np.ones((1, 3)), order=2) == pytest.approx(np.zeros((1, 3)), abs=1e-12)


def test_decibels_end_80_below_the_loudest() -> None:
    sound = Sound(np.concatenate([tone(440).samples, np.zeros(RATE, np.float32)]), RATE)
    found = features.log_mel(sound)
    assert found.max() - found.min() == pytest.approx(80)
    assert found.shape == (1 + 2 * RATE // 512, 128)


@pytest.mark.parametrize("beats", [60, 75, 90, 120, 140, 170])
def test_tempo_of_a_metronome(beats: float) -> None:
    assert tempo(clicks(beats)) == pytest.approx(beats, rel=0.02)


def test_what_does_not_change_has_no_rhythm() -> None:
    assert tempo(Sound(np.zeros(5 * RATE, np.float32), RATE)) == 0
    assert tempo(Sound(np.ones(1, np.float32), RATE)) == 0


def test_onsets_are_where_the_clicks_are() -> None:
    found = onsets(clicks(100)) / RATE
    expected = np.arange(1, len(found) + 1) * 0.6
    assert np.abs(found - expected).max() < 0.04
    assert len(found) == 13


def test_a_rise_is_an_onset_and_a_fall_is_none() -> None:
    sound = np.concatenate([np.zeros(RATE), noise().samples, np.zeros(RATE)]).astype(np.float32)
    strength = onset_strength(Sound(sound, RATE))
    assert strength.argmax() * 512 / RATE == pytest.approx(1.0, abs=0.06)
    assert strength[int(1.9 * RATE / 512) :].max() < 0.1 * strength.max()


@given(samples=waves, rate=st.sampled_from([1, 1000, 8_000, 44_100]))
def test_everything_is_finite_and_has_a_row_per_frame(samples: np.ndarray, rate: int) -> None:
    sound = Sound(samples[:50] if rate == 1 else samples, rate)
    found = {name: getattr(features, name)(sound) for name in BY_FRAME}
    found |= features.shape(sound) | {"onset strength": onset_strength(sound)}
    assert len({len(values) for values in found.values()}) == 1
    assert all(np.isfinite(values).all() for values in found.values())
    assert np.isfinite(tempo(sound))

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from prismrec.encoders.sound_features import SoundFeatures
from prismrec.registry import build

RATE = 22_050


def wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples.astype(np.float32), RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


def tone(hertz: float, seconds: float = 2.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


def read(samples: np.ndarray, **fields: str) -> dict[str, float]:
    encoder = SoundFeatures(**fields)
    return dict(zip(encoder.names, encoder([wav(samples)])[0], strict=True))


def test_every_number_has_a_name_of_its_own() -> None:
    names = SoundFeatures().names
    assert len(names) == len(set(names)) == SoundFeatures().dim
    assert len(SoundFeatures(pool="mean-std").names) == 2 * len(names)


def test_names_stand_beside_what_they_say() -> None:
    low, high = read(tone(440)), read(tone(4186))
    assert high["shape centroid mean"] > low["shape centroid mean"]
    assert high["zero crossings share mean"] > low["zero crossings share mean"]
    pitches = {name: value for name, value in low.items() if name.startswith("pitch")}
    means = {name: value for name, value in pitches.items() if name.endswith("mean")}
    assert max(means, key=means.__getitem__) == "pitch A mean"


def test_tempo_counts_in_octaves_around_120() -> None:
    bursts = np.zeros(8 * RATE)
    for start in np.arange(0, 7.9, 60 / 90):
        fading = np.exp(-np.arange(2000) / 300) * np.random.default_rng(0).normal(size=2000)
        bursts[int(start * RATE) :][:2000] += 0.3 * fading
    assert read(bursts)["tempo"] == pytest.approx(np.log2(90 / 120) / 0.45, abs=0.06)
    assert read(np.zeros(RATE))["tempo"] == 0


def test_how_loud_a_record_was_cut_does_not_matter() -> None:
    samples = tone(440) * np.linspace(0.1, 1, 2 * RATE)
    loud, quiet = (SoundFeatures()([wav(gain * samples)])[0] for gain in (1.0, 0.125))
    assert np.abs(loud - quiet).max() < 1e-4


def test_parts_are_pooled() -> None:
    samples = np.concatenate([tone(440), np.zeros(RATE), tone(4186)])
    name = "shape centroid mean"
    low, high = read(tone(440))[name], read(tone(4186))[name]
    found = read(samples, segment="silence", pool="max")[name]
    assert found == pytest.approx(max(low, high), rel=0.02)
    spread = read(samples, segment="silence", pool="mean-std")[f"{name}, spread over parts"]
    assert spread == pytest.approx((high - low) / 2, rel=0.1)


def test_a_spec_describes_steps_and_parts() -> None:
    spec = "sound-features:steps=trim,loudness(target=-20):segment=onset:pool=median"
    encoder = build("encoders", spec)
    assert [type(step).__name__ for step in encoder.steps] == ["Trim", "Loudness"]
    assert encoder([wav(tone(440))]).shape == (1, encoder.dim)

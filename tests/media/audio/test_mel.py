from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.media.audio.mel import MelSpectrogram, blocks


def test_a_frame_is_the_power_of_its_samples_in_each_band() -> None:
    """By the definitions: one windowed Fourier sum per bin, one triangle per band."""
    mels = MelSpectrogram(rate=8000, window=64, hop=32, bands=5, htk=True)
    samples = np.random.default_rng(0).normal(size=200).astype(np.float32)
    t = np.arange(64)
    frame = np.concatenate([np.zeros(32), samples])[96 : 96 + 64] * (
        0.5 - 0.5 * np.cos(2 * np.pi * t / 64)
    )
    power = [abs((frame * np.exp(-2j * np.pi * k * t / 64)).sum()) ** 2 for k in range(33)]
    top = 2595 * np.log10(1 + 4000 / 700)
    corners = [700 * (10 ** (top * i / 6 / 2595) - 1) for i in range(7)]
    expected = []
    for low, middle, high in zip(corners, corners[1:], corners[2:], strict=False):
        weights = [
            max(0.0, min((k * 125 - low) / (middle - low), (high - k * 125) / (high - middle)))
            for k in range(33)
        ]
        expected.append(np.dot(weights, power) / sum(weights))
    assert mels(samples)[3] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("htk", [True, False])
@pytest.mark.parametrize("hertz", [200, 1000, 5000])
def test_a_tone_lights_one_neighbourhood(hertz: int, htk: bool) -> None:
    mels = MelSpectrogram(rate=16_000, window=1024, hop=256, bands=40, htk=htk)
    out = mels(np.sin(2 * np.pi * hertz * np.arange(16_000) / 16_000).astype(np.float32))
    assert out.shape == (1 + 16_000 // 256, 40)
    best = out[10:-10].argmax(axis=1)
    assert np.ptp(best) == 0
    assert out[20, max(best[0] - 3, 0) : best[0] + 4].sum() > 0.95 * out[20].sum()


@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 20))
def test_blocks_cover_the_sound(frames: int, length: int, hop: int) -> None:
    spectrogram = np.arange(frames, dtype=np.float32)[:, None]
    out = blocks(spectrogram, length, min(hop, length))
    assert out.shape[1:] == (length, 1)
    assert out[0, 0, 0] == 0
    heard = np.unique(out)
    assert heard.tolist() == list(range(len(heard)))  # no gaps
    assert 2 * (frames - len(heard)) < max(hop, 1) or frames < length
    assert len(np.unique(out[:, 0, 0])) == len(out)  # no block twice

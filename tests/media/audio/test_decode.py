from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from prismrec.errors import BadMedia
from prismrec.media.audio import decode_audio


def encoded(samples: np.ndarray, rate: int = 16_000, form: str = "WAV", subtype: str = "FLOAT"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def tone(hertz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate).astype(np.float32)


def test_channels_are_averaged() -> None:
    stereo = np.stack([np.full(100, 0.5), np.full(100, -0.1)], axis=1).astype(np.float32)
    assert decode_audio(encoded(stereo), 16_000) == pytest.approx(np.full(100, 0.2), abs=1e-6)


@pytest.mark.parametrize("form,subtype", [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")])
def test_a_tone_keeps_its_pitch_at_another_rate(form: str, subtype: str) -> None:
    samples = decode_audio(encoded(0.5 * tone(440, 44_100), 44_100, form, subtype), 16_000)
    assert abs(len(samples) - 16_000) < 50
    loudest = np.abs(np.fft.rfft(samples)).argmax() * 16_000 / len(samples)
    assert loudest == pytest.approx(440, abs=2)


def test_only_the_first_seconds_are_read() -> None:
    assert len(decode_audio(encoded(tone(100, 1000, 90), 1000), 1000)) == 60_000
    assert len(decode_audio(encoded(tone(100, 1000, 90), 1000), 1000, seconds=2)) == 2_000


def test_one_sample_is_a_sound() -> None:
    assert decode_audio(encoded(np.ones(1, np.float32)), 16_000).tolist() == [1.0]


def test_silence_is_a_sound() -> None:
    assert not decode_audio(encoded(np.zeros(100, np.float32)), 16_000).any()


def test_integers_stored_as_floats_are_scaled() -> None:
    loud = 32_000 * tone(440, 16_000)
    assert np.abs(decode_audio(encoded(loud), 16_000)).max() == pytest.approx(1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    samples = tone(440, 16_000)
    samples[5] = value
    with pytest.raises(BadMedia, match="finite"):
        decode_audio(encoded(samples), 8_000)


def test_no_samples_are_refused() -> None:
    with pytest.raises(BadMedia, match="no samples"):
        decode_audio(encoded(np.zeros(0, np.float32)), 16_000)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"not a sound", b"fLaC" + bytes(50)])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadMedia, match="not a readable sound"):
        decode_audio(data, 16_000)


def test_a_file_cut_off_in_its_middle_gives_what_is_there() -> None:
    data = encoded(tone(440, 16_000), subtype="PCM_16")
    assert 4_000 < len(decode_audio(data[: len(data) // 2], 16_000)) < 12_000

from __future__ import annotations

import io

import numpy as np
import pytest

from prismrec.errors import BadMedia
from prismrec.media.audio import audio_info, decode_audio

av = pytest.importorskip("av")

SECONDS = 2
FORMS = {  # name of the format, codec, samples a second
    "mp4": ("mp4", "aac", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "aac": ("adts", "aac", 44_100),
    "webm": ("webm", "libopus", 48_000),
    "mkv": ("matroska", "flac", 44_100),
    "mov": ("mov", "aac", 44_100),
    "avi": ("avi", "pcm_s16le", 44_100),
}


def encoded(form: str) -> bytes:
    """440 Hz."""
    name, codec, rate = FORMS[form]
    wave = 0.4 * np.sin(2 * np.pi * 440 * np.arange(SECONDS * rate) / rate)
    file = io.BytesIO()
    with av.open(file, "w", format=name) as container:
        stream = container.add_stream(codec, rate=rate)
        samples = wave.astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        for part in (frame, None):
            container.mux(stream.encode(part))
    return file.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_the_sound_in_a_container_is_heard(form: str) -> None:
    data = encoded(form)
    samples = decode_audio(data, 16_000)
    assert len(samples) == pytest.approx(SECONDS * 16_000, rel=0.05)
    loudest = np.abs(np.fft.rfft(samples)).argmax() * 16_000 / len(samples)
    assert loudest == pytest.approx(440, abs=1)
    info = audio_info(data)
    assert info.seconds == pytest.approx(SECONDS, rel=0.05)
    assert info.rate == FORMS[form][2]


def test_only_the_first_seconds_of_it_are_read() -> None:
    assert len(decode_audio(encoded("m4a"), 16_000, seconds=0.5)) == pytest.approx(8_000, abs=2)


@pytest.mark.parametrize("form", ["aac", "webm", "mkv"])
def test_a_stream_that_is_cut_off_gives_what_is_there(form: str) -> None:
    data = encoded(form)
    samples = decode_audio(data[: len(data) // 2], 16_000)
    assert 0.2 * SECONDS * 16_000 < len(samples) < 0.8 * SECONDS * 16_000


def test_an_mp4_that_lost_its_table_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    data = encoded("mp4")
    for read in (audio_info, lambda data: decode_audio(data, 16_000)):
        with pytest.raises(BadMedia, match="not a readable"):
            read(data[: len(data) // 2])
    assert capfd.readouterr() == ("", "")

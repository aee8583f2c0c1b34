from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from prismrec.errors import BadMedia
from prismrec.media.audio import audio_info, decode_audio
from prismrec.media.audio.mp3 import is_mp3, only_frames

RATE = 44_100
SECONDS = 2


def encoded() -> bytes:
    noise = np.random.default_rng(0).normal(size=SECONDS * RATE)
    wave = 0.4 * np.sin(2 * np.pi * 440 * np.arange(SECONDS * RATE) / RATE) + 0.02 * noise
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="MP3")
    return file.getvalue()


WHOLE = encoded()
TAG = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)
JUNK = np.random.default_rng(1).bytes(5000)
MIDDLE = len(WHOLE) // 2

DAMAGED = {
    "cut off": (WHOLE[:MIDDLE], 0.4),
    "junk within": (WHOLE[:MIDDLE] + JUNK + WHOLE[MIDDLE:], 0.9),
    "zeros within": (WHOLE[:MIDDLE] + bytes(2000) + WHOLE[MIDDLE + 2000 :], 0.8),
    "junk at the end": (WHOLE + JUNK, 0.95),
    "cut off after a tag": (TAG + WHOLE[:MIDDLE], 0.4),
}


@pytest.mark.parametrize("data", [WHOLE, TAG + WHOLE, WHOLE + b"TAG" + bytes(125)])
def test_a_clean_stream_stays_as_it_is(data: bytes) -> None:
    assert is_mp3(data)
    assert only_frames(data) == data


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_left_of_a_damaged_stream_is_heard(name: str, capfd) -> None:
    data, share = DAMAGED[name]
    samples = decode_audio(data, RATE)
    assert share * SECONDS * RATE < len(samples) < 1.05 * SECONDS * RATE
    loudest = np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples)
    assert loudest == pytest.approx(440, abs=3)
    assert capfd.readouterr() == ("", "")  # the decoder had nothing to say


@pytest.mark.parametrize("data", [WHOLE[:4] + JUNK, WHOLE[:300], TAG + WHOLE[:100]])
def test_a_stream_without_a_whole_frame_is_refused(data: bytes, capfd) -> None:
    with pytest.raises(BadMedia, match="no MP3 frame is whole"):
        decode_audio(data, RATE)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "data", [b"", b"ID3", b"\xff\xf1\x50\x80" * 9, b"fLaC", TAG, TAG + b"fLaC"]
)
def test_other_bytes_are_no_mp3(data: bytes) -> None:
    assert not is_mp3(data)


def test_the_header_tells_the_length() -> None:
    seconds, rate, channels = audio_info(WHOLE)
    assert (rate, channels) == (RATE, 1)
    assert seconds == pytest.approx(SECONDS, abs=0.05)


def test_a_mebibyte_without_a_frame_ends_the_search() -> None:
    found = only_frames(WHOLE + bytes(3 << 20) + WHOLE)
    assert len(found) == pytest.approx(len(WHOLE), abs=1000)


@given(st.integers(0, len(WHOLE)), st.binary(max_size=300), st.integers(0, 3000))
def test_what_is_kept_is_clean(place: int, junk: bytes, lost: int) -> None:
    found = only_frames(WHOLE[:place] + junk + WHOLE[place + lost :])
    assert only_frames(found) == found

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from functools import cache

import av
import numpy as np
import pytest

from prismrec.errors import BadMedia, MissingPackage
from prismrec.media import video
from prismrec.media.image import decode_frames, picture_size
from prismrec.media.video import frame_size, frames_of, is_video, soundtrack

Level = Callable[[int], int]
FORMS = {"mp4": "mpeg4", "mov": "mjpeg", "avi": "mpeg4", "matroska": "mpeg4", "webm": "libvpx"}
FAST = {"deadline": "realtime", "cpu-used": "8"}


@cache
def film(
    form: str = "mp4",
    *,
    n: int = 50,
    size: tuple[int, int] = (64, 48),
    level: Level = lambda index: 50 + 4 * index,
    turn: int = 0,
) -> bytes:
    """A grey film whose frame `index` has the brightness `level(index)`, 25 frames a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(FORMS[form], rate=25, options=FAST)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if FORMS[form] == "mjpeg" else "yuv420p"
        if turn:
            stream.set_display_rotation(turn)
        for index in range(n):
            pixels = np.full((size[1], size[0], 3), level(index), np.uint8)
            if turn:
                pixels[: size[1] // 2] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def tone(form: str = "mp4", codec: str = "aac", *, seconds: float = 2.0, rate: int = 44_100):
    """A tone of 441 Hz on the left, silence on the right."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo")
        stream.bit_rate = 128_000
        wave = np.zeros((2, int(seconds * rate)), np.float32)
        wave[0] = 0.8 * np.sin(2 * np.pi * 441 * np.arange(wave.shape[1]) / rate)
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="stereo")
        frame.rate, frame.pts = rate, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def levels(frames: list[np.ndarray]) -> list[int]:
    return [round(float(frame.mean())) for frame in frames]


@pytest.mark.parametrize("form", FORMS)
def test_frames_are_spread_over_the_film(form: str) -> None:
    data = film(form)
    assert is_video(data)
    found = frames_of(data, frames=5)
    assert all(frame.shape == (48, 64, 3) and frame.dtype == np.uint8 for frame in found)
    assert np.abs(np.array(levels(found)) - (50 + 4 * np.array([5, 15, 25, 35, 45]))).max() <= 8


def test_a_film_without_a_known_length_is_read_through() -> None:
    class OneWay(io.BytesIO):  # as a browser records: nothing is written at the head afterwards
        def seekable(self) -> bool:
            return False

    file = OneWay()
    with av.open(file, "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libvpx", rate=25, options=FAST)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(50):
            pixels = np.full((48, 64, 3), 50 + 4 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    with av.open(io.BytesIO(file.getvalue())) as container:
        assert container.duration is None
    found = levels(frames_of(file.getvalue(), frames=4))
    assert len(found) == 4
    assert found[0] < 100
    assert found[-1] > 180


def test_fewer_frames_than_asked_for_come_once_each() -> None:
    assert len(frames_of(film(n=3), frames=8)) == 3
    assert len(frames_of(film(n=1), frames=8)) == 1


def test_black_frames_are_left_out() -> None:
    found = frames_of(film(level=lambda index: 200 if index >= 25 else 16), frames=8)
    assert len(found) == 4
    assert min(levels(found)) > 150


def test_of_a_black_film_one_frame_is_kept() -> None:
    assert len(frames_of(film(level=lambda _: 0), frames=8)) == 1


def test_long_films_are_searched_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0
    until_broken = video._until_broken

    def counting(frames):
        nonlocal seen
        for frame in until_broken(frames):
            seen += 1
            yield frame

    monkeypatch.setattr(video, "_until_broken", counting)
    assert len(frames_of(film(n=2000, size=(16, 16), level=lambda i: 50 + i // 10), frames=4)) == 4
    assert seen <= 4 * 13  # a key frame stands every 12 frames


def test_each_frame_is_decoded_once_where_key_frames_are_rare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(video, "STEP_FRAMES", 4)
    assert len(frames_of(film("webm", n=50), frames=8)) == 8  # one key frame, steps of 6


def test_frames_are_scaled_down_never_up() -> None:
    data = film(size=(64, 48))
    assert frames_of(data, short_side=24, frames=1)[0].shape == (24, 32, 3)
    assert frames_of(data, short_side=480, frames=1)[0].shape == (48, 64, 3)


def test_a_film_of_a_turned_camera_is_upright() -> None:
    pixels = frames_of(film(turn=90), frames=1)[0]  # a quarter counter-clockwise
    assert pixels.shape == (64, 48, 3)
    assert pixels[:, :20].mean() > pixels[:, 28:].mean() + 50


def test_the_size_is_read_from_the_header() -> None:
    assert frame_size(film(size=(64, 48))) == picture_size(film(size=(64, 48))) == (64, 48)


def test_frames_of_a_film_for_the_image_modality() -> None:
    assert len(decode_frames(film(), frames=3)) == 3


def test_huge_frames_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = film()
    monkeypatch.setattr(video, "MAX_FRAME_PIXELS", 64 * 48 - 1)
    for read in (frames_of, frame_size):
        with pytest.raises(BadMedia, match="frames of 64 x 48 pixels"):
            read(data)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("keep", [16, 200, 0.5])
def test_what_is_cut_off_gives_frames_or_a_reason(form: str, keep: float) -> None:
    data = film(form)
    part = data[: keep if isinstance(keep, int) else int(keep * len(data))]
    try:
        assert frames_of(part)
    except BadMedia as bad:
        assert "video" in bad.reason


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"#EXTM3U\nhttp://localhost/a.ts\n", b"RIFFxxxxWAVE"]
)
def test_other_bytes_are_no_video(data: bytes) -> None:
    assert not is_video(data)
    with pytest.raises(BadMedia, match="known format"):
        frames_of(data)
    with pytest.raises(BadMedia, match="known format"):
        soundtrack(data, seconds=1)


@pytest.mark.parametrize(
    ("form", "codec", "rate"),
    [
        ("mp4", "aac", 44_100),
        ("ipod", "aac", 44_100),
        ("adts", "aac", 44_100),
        ("asf", "wmav2", 44_100),
        ("webm", "libopus", 48_000),
        ("matroska", "aac", 22_050),
        ("mpegts", "aac", 44_100),
    ],
)
def test_a_soundtrack_is_the_mean_of_the_channels(form: str, codec: str, rate: int) -> None:
    samples, own_rate = soundtrack(tone(form, codec, rate=rate), seconds=1.0)
    assert own_rate == rate
    assert samples.dtype == np.float32
    assert samples.shape == (rate,)
    spectrum = np.abs(np.fft.rfft(samples))
    assert abs(int(spectrum.argmax()) - 441) <= 1
    assert 0.3 < np.abs(samples[rate // 2 :]).max() < 0.5


def test_a_soundtrack_may_be_shorter_than_asked_for() -> None:
    samples, rate = soundtrack(tone(seconds=0.5), seconds=60)
    assert 0.5 * rate <= len(samples) < 0.6 * rate


def test_sound_and_picture_are_told_apart() -> None:
    assert not is_video(tone("ipod"))
    with pytest.raises(BadMedia, match="holds no moving picture"):
        frames_of(tone("mp4"))
    with pytest.raises(BadMedia, match="holds no sound"):
        soundtrack(film(), seconds=1)


@pytest.mark.parametrize("form", ["mp4", "asf", "adts"])
def test_broken_sound_gives_samples_or_a_reason(form: str) -> None:
    data = bytearray(tone(form, "wmav2" if form == "asf" else "aac"))
    rng = np.random.default_rng(0)
    for _ in range(5):
        data[int(rng.integers(40, len(data)))] ^= 0xFF
        try:
            samples, _ = soundtrack(bytes(data), seconds=5)
            assert np.isfinite(samples).all()
        except BadMedia as bad:
            assert bad.reason


def test_without_pyav_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = film()
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingPackage, match=r'pip install "prismrec\[media\]"'):
        frames_of(data)

import io

import numpy as np
import pytest
import soundfile

from prismrec.data.demo.catalogue import GENRES, Stream, stream
from prismrec.data.demo.loops import PEAK, flac, play
from prismrec.data.demo.synth import LENGTH, RATE, echo, lay, lowpass, room, silence, tone
from prismrec.types import Floats


def loop(genre: str, number: int) -> Floats:
    return play(genre, stream(1, Stream.LOOP, number))


@pytest.mark.parametrize("genre", GENRES)
def test_a_loop_is_four_clean_seconds(genre: str) -> None:
    sound = loop(genre, 1)
    assert sound.shape == (LENGTH,)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() == pytest.approx(PEAK, abs=1e-4)
    assert np.sqrt(np.mean(sound**2)) > 0.1
    assert abs(sound.mean()) < 0.01
    steps = np.abs(np.diff(sound))
    assert abs(sound[0] - sound[-1]) <= np.quantile(steps, 0.999)  # no click at the seam


@pytest.mark.parametrize("genre", GENRES)
def test_a_loop_depends_on_its_stream_only(genre: str) -> None:
    assert np.array_equal(loop(genre, 1), loop(genre, 1))
    assert not np.array_equal(loop(genre, 1), loop(genre, 2))


def bands(sound: Floats) -> Floats:
    """Mean and spread over time of the energy in twenty bands: enough to tell genres apart."""
    frames = np.abs(
        np.fft.rfft(sound[: LENGTH // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024))
    )
    edges = np.geomspace(2, 512, 21).astype(int)
    energy = np.log(np.add.reduceat(frames**2, edges[:-1], axis=1) + 1e-3)
    return np.concatenate([energy.mean(axis=0), energy.std(axis=0)]).astype(np.float32)


def test_genres_can_be_told_apart() -> None:
    genres = np.repeat(GENRES, 4)
    heard = np.stack([bands(loop(genre, k)) for k, genre in enumerate(genres)])
    heard = (heard - heard.mean(axis=0)) / heard.std(axis=0)
    distance = ((heard[:, None] - heard) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (genres[distance.argmin(axis=1)] == genres).mean() > 0.85


def test_flac_keeps_the_loop() -> None:
    sound = loop("waltz", 3)
    data = flac(sound)
    assert data == flac(sound)
    decoded, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert rate == RATE
    assert np.abs(decoded - sound).max() < 1e-4


def test_a_tone_has_its_pitch() -> None:
    for wave in ("sine", "saw", "square", "organ"):
        spectrum = np.abs(np.fft.rfft(tone(69, 1.0, wave)))
        assert spectrum.argmax() == 440


def test_what_rings_beyond_the_end_is_heard_at_the_beginning() -> None:
    track = silence()
    lay(track, np.ones(10, np.float32), 1 - 4 / LENGTH)
    assert np.flatnonzero(track).tolist() == [*range(6), *range(LENGTH - 4, LENGTH)]


def test_a_lowpass_keeps_what_is_below() -> None:
    track = silence()
    lay(track, tone(45, 4.0, "sine"), 0.0)  # 110 Hz
    high = silence()
    lay(high, tone(105, 4.0, "sine"), 0.0)  # 3520 Hz
    assert np.abs(lowpass(track, 500)).max() > 0.95
    assert np.abs(lowpass(high, 500)).max() < 0.01


def test_echo_and_room_go_round() -> None:
    click = silence()
    click[-1] = 1
    assert echo(click, 0.15, 0.5)[round(0.15 * LENGTH) - 1] == pytest.approx(0.5)
    assert np.abs(room(click, 1.0, 0.5)[: RATE // 2]).max() > 0.001

"""What the encoders without a model see, and what they do not."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from prismrec.encoders.bm25 import HashedBm25
from prismrec.encoders.colour import ColourHistogram
from prismrec.encoders.mfcc import Mfcc
from prismrec.encoders.tfidf import HashedTfidf
from prismrec.errors import BadData


def cosines(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def picture(colour: str, size: int = 32) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "PNG")
    return file.getvalue()


def noise(pitch: float, loud: float) -> bytes:
    """Filtered noise: a low `pitch` leaves only low tones."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.normal(size=22_050))
    spectrum *= np.exp(-np.arange(len(spectrum)) / (pitch * len(spectrum)))
    samples = np.fft.irfft(spectrum)
    file = io.BytesIO()
    soundfile.write(file, loud * samples / np.abs(samples).max(), 22_050, format="WAV")
    return file.getvalue()


def test_tfidf_shares_words_whatever_their_case_and_order() -> None:
    texts = ["Green brass LAMP", "lamp, brass: green!", "a wooden chair"]
    similar = cosines(HashedTfidf()([text.encode() for text in texts]))
    assert similar[0, 1] == pytest.approx(1)
    assert similar[0, 2] == pytest.approx(0, abs=0.2)


def test_tfidf_splits_chinese_into_words_and_pairs() -> None:
    texts = ["黄铜台灯", "绿色台灯", "木头椅子"]
    similar = cosines(HashedTfidf()([text.encode() for text in texts]))
    assert similar[0, 1] > 0.3  # 台灯, as a word and as a pair
    assert similar[0, 2] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("encoder", [HashedTfidf(), HashedBm25()])
def test_endings_markup_and_function_words_do_not_count(encoder) -> None:
    texts = ["<b>Green</b> lamps &amp; the chairs", "a green LAMP, or its chair", "the &amp; its"]
    vectors = encoder([text.encode() for text in texts])
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-6)
    assert (vectors[2] == 0).all()


def test_tfidf_without_steps_counts_words_as_they_stand() -> None:
    texts = [b"the lamps", b"the lamp"]
    similar = cosines(HashedTfidf(steps=(), tokens=())(texts))
    assert similar[0, 1] == pytest.approx(1 / 2, abs=1e-6)


def test_bm25_weights_by_hand() -> None:
    (vector,) = HashedBm25(tokens=())([b"lamp lamp lamp chair"])
    long = 1 - 0.75 + 0.75 * 4 / 40
    lamp, chair = 3 * 2.2 / (3 + 1.2 * long), 2.2 / (1 + 1.2 * long)
    found = np.sort(np.abs(vector[vector != 0]))
    assert found == pytest.approx(np.array([chair, lamp]) / np.hypot(lamp, chair), rel=1e-5)


@pytest.mark.parametrize("field", ["saturation", "usual_length", "length_share"])
def test_bm25_refuses_senseless_numbers(field: str) -> None:
    with pytest.raises(BadData, match=field):
        HashedBm25(**{field: -1.0})


def test_tfidf_dampens_repeats() -> None:
    one, many = HashedTfidf()([b"lamp chair", b"lamp lamp lamp chair"])
    ratio = np.abs(many[many != 0]).max() / np.abs(many[many != 0]).min()
    assert ratio == pytest.approx(1 + np.log(3), rel=1e-5)
    assert (np.sign(one) == np.sign(many)).all()


def test_tfidf_length_is_a_field() -> None:
    assert HashedTfidf(dim=64)([b"lamp"]).shape == (1, 64)


def test_colours_are_told_apart_whatever_the_size() -> None:
    similar = cosines(ColourHistogram()([picture("red"), picture("red", 200), picture("blue")]))
    assert similar[0, 1] == pytest.approx(1)
    assert similar[0, 2] == pytest.approx(0)


def test_mfcc_hears_timbre_rather_than_loudness() -> None:
    dull, dull_quiet, bright = Mfcc()([noise(0.05, 0.9), noise(0.05, 0.3), noise(0.9, 0.9)])
    assert np.linalg.norm(dull - dull_quiet) < 0.02 * np.linalg.norm(dull - bright)

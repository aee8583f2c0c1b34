"""Pixels, token ids and log-mel: raw media as arrays."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

import prismrec as pr
from prismrec import registry
from prismrec.encoders.log_mel import BANDS, RATE, LogMel
from prismrec.encoders.pixels import Pixels
from prismrec.encoders.token_ids import TokenIds
from prismrec.errors import BadData
from prismrec.media.text.tokens import Stem


def picture(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def sound(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


def tone(hertz: float, seconds: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


def test_pixels_are_the_picture_itself() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3))
    (vector,) = Pixels(size=8)([picture(pixels)])
    assert vector.reshape(8, 8, 3) * 255 == pytest.approx(pixels, abs=1e-3)


def test_a_larger_picture_is_squeezed() -> None:
    halves = np.zeros((40, 80, 3))
    halves[:, 40:] = (255, 0, 0)
    (vector,) = Pixels(size=4)([picture(halves)])
    square = vector.reshape(4, 4, 3)
    assert square[:, 0] == pytest.approx(np.zeros((4, 3)), abs=0.1)
    assert square[:, 3] == pytest.approx(np.tile((1.0, 0, 0), (4, 1)), abs=0.1)


def test_the_same_word_has_the_same_number_and_0_is_no_word() -> None:
    one, other, none = TokenIds(length=4)([b"Green lamps", b"a LAMP, green", b"..."])
    assert one.tolist() == [other[1], other[0], 0, 0]
    assert one[0] != one[1]
    assert (none == 0).all()


def test_chinese_is_cut_into_words() -> None:
    one, other = TokenIds(length=4)(["黄铜台灯".encode(), "绿色台灯".encode()])
    assert one[1] == other[1] > 0
    assert one[0] != other[0]


def test_words_beyond_the_last_place_and_the_vocabulary_fold_in() -> None:
    words = " ".join(f"word{letter}" for letter in "abcdefghijkl").encode()
    (vector,) = TokenIds(length=10, vocabulary=3, tokens=(Stem(),))([words])
    assert len(vector) == 10
    assert set(vector) <= {1.0, 2.0, 3.0}


def test_the_loudest_stretch_of_a_long_sound_is_heard() -> None:
    samples = np.concatenate([0.01 * tone(300, 3), tone(2000, 1), 0.01 * tone(300, 3)])
    (vector,) = LogMel(frames=20)([sound(samples)])
    levels = vector.reshape(20, BANDS)
    assert len(np.unique(levels.argmax(axis=1))) == 1  # nothing but the loud tone
    assert levels.max() == pytest.approx(1)
    assert levels.min() >= 0


def test_a_short_sound_is_followed_by_silence() -> None:
    levels = LogMel(frames=50)([sound(tone(500, 0.5))])[0].reshape(50, BANDS)
    assert (levels[:15].max(axis=1) > 0.9).all()
    assert (levels[17:] == 0).all()


def test_loudness_does_not_matter() -> None:
    loud, quiet = LogMel()([sound(tone(500, 1)), sound(0.1 * tone(500, 1))])
    assert loud == pytest.approx(quiet, abs=0.01)


@pytest.mark.parametrize("spec", ["pixels:size=0", "token-ids:length=0", "log-mel:frames=0"])
def test_senseless_sizes_are_refused(spec: str) -> None:
    with pytest.raises(BadData, match="=0 is not a number above 0"):
        registry.build("encoders", spec)


def test_encode_says_what_the_rows_are(tmp_path) -> None:
    (tmp_path / "interactions.csv").write_text("user,item\na,1\nb,2\n")
    (tmp_path / "items.csv").write_text("item,title,image\n1,a lamp,1.png\n2,a chair,\n")
    (tmp_path / "1.png").write_bytes(picture(np.full((9, 9, 3), 255)))
    shop = pr.read(tmp_path)
    raw = pr.encode(shop, image="pixels:size=4", text="token-ids", store="memory").items
    assert {name: raw[name].layout for name in raw} == {"image": "pixels", "text": "tokens"}
    assert raw["image"].present.tolist() == [True, False]
    assert raw["image"].take(np.array([1, 0])).layout == "pixels"
    assert raw["text"].concatenated(raw["text"]).layout == "tokens"
    plain = pr.encode(shop, image="colour-histogram", text="tfidf", store="memory").items
    assert {feature.layout for feature in plain.values()} == {"vector"}
    joined = pr.encode(shop, image="pixels:size=4+colour-histogram", text=None, store="memory")
    assert joined.items["image"].layout == "vector"

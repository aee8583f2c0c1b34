from __future__ import annotations

import numpy as np
import pytest

from prismrec.encoders.minilm import MiniLm
from prismrec.encoders.use import UseMultilingual
from prismrec.media.text.html import Html
from prismrec.media.text.links import Links

TEXTS = ["a green lamp for the desk", "an emerald light for your table", "a loud rock concert"]


def test_close_in_meaning_is_close() -> None:
    unit = MiniLm()([text.encode() for text in TEXTS])
    assert np.linalg.norm(unit, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    similar = unit @ unit.T
    assert similar[0, 1] > max(similar[0, 2], similar[1, 2]) + 0.2


def test_capitals_and_accents_do_not_count() -> None:
    one, other = MiniLm()([b"Cafe Society", "CAFÉ society".encode()])
    assert one == pytest.approx(other, abs=1e-6)


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    long = "one two three four five " * 60
    first, other = MiniLm()([(long + end).encode() for end in ("sea", "war")])
    assert (first == other).all()


@pytest.mark.parametrize("encoder", [MiniLm, UseMultilingual])
def test_steps_are_applied_first(encoder) -> None:
    plain = encoder()([b"a green lamp"])
    marked = [b"<p>a green lamp</p> https://a.example/lamp?id=7"]
    assert encoder(steps=(Html(), Links()))(marked) == pytest.approx(plain, abs=1e-5)
    assert np.abs(encoder()(marked) - plain).max() > 0.01


def test_without_steps_the_vectors_kept_so_far_stay_valid() -> None:
    assert UseMultilingual().fingerprint == "use-multilingual-cf9b38a5878ba0b3"

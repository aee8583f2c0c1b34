"""Words of a request: colours and media are told apart from what is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.encoders.colour_names import ColourNames
from prismrec.search.request import COLOUR_WORDS, ONE_CHARACTER, understand


@pytest.mark.parametrize(
    ("text", "things", "colours", "media"),
    [
        ("红色的海报", "", ("red",), ("image",)),
        ("a red poster", "", ("red",), ("image",)),
        ("红海报", "", ("red",), ("image",)),
        ("白雪公主", "白雪公主", (), ()),
        ("黑社会电影", "黑社会电影", (), ()),
        ("红色的汽车", "汽车", ("red",), ()),
        ("a car with red wheels", "a car with wheels", ("red",), ()),
        ("Reds of the redwood", "Reds of the redwood", (), ()),
        ("黑白照片", "", ("black and white",), ("image",)),
        ("black-and-white photographs", "", ("black and white",), ("image",)),
        ("蓝的", "", ("blue",), ()),
        ("calm piano music", "calm piano", (), ("audio",)),
        ("songs about winter", "about winter", (), ()),
        ("关于大海的歌", "关于大海", (), ()),
        ("", "", (), ()),
        ("的", "", (), ()),
    ],
)
def test_a_request_is_taken_apart(
    text: str, things: str, colours: tuple[str, ...], media: tuple[str, ...]
) -> None:
    said = understand(text)
    assert (said.things, said.colours, said.media) == (things, colours, media)


def test_every_colour_has_a_name_and_every_name_a_colour() -> None:
    assert set(COLOUR_WORDS) == set(ColourNames.labels)
    assert set(ONE_CHARACTER.values()) < set(ColourNames.labels)


@given(st.text(max_size=60))
def test_any_text_can_be_taken_apart(text: str) -> None:
    said = understand(text)
    assert len(said.things) <= len(said.words) <= max(len(text), 1)

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec.media.text.keywords import count_texts, keywords

STORY = (
    "The lighthouse keeper repairs the old lighthouse. The keeper of the lighthouse writes letters"
    " to the sea, and the sea answers the lighthouse."
)


def test_what_is_said_often_comes_first() -> None:
    found = keywords(STORY, 3)
    assert found[0][0].startswith("lighthouse")
    assert found[0][1] == 1
    weights = [weight for _, weight in found]
    assert weights == sorted(weights, reverse=True)


def test_neighbours_make_a_phrase_as_it_stands_in_the_text() -> None:
    assert "Buzz Lightyear" in dict(keywords("Then Buzz Lightyear came. Buzz Lightyear!"))


def test_a_catalogue_brings_out_what_is_rare_in_it() -> None:
    texts = ["a record about the sea"] * 9 + ["a record about a comet and the sea"]
    counts = count_texts(texts)
    assert counts.texts == 10
    assert keywords(texts[-1], 1, catalogue=counts)[0][0] == "comet"


def test_chinese_gives_nouns() -> None:
    found = dict(keywords("海边的灯塔和渔网。我们走到灯塔，灯塔很高。"))
    assert next(iter(found)) == "灯塔"
    assert not {"走到", "我们", "的"} & {*found}


@pytest.mark.parametrize("text", ["", "the of and", "的了", "42 !!"])
def test_nothing_to_say(text: str) -> None:
    assert keywords(text) == []


@settings(deadline=None)  # the first example may load a model
@given(st.text(max_size=200), st.integers(1, 8))
def test_any_text(text: str, k: int) -> None:
    found = keywords(text, k)
    assert len(found) <= k
    assert all(0 < weight <= 1 for _, weight in found)
    assert len({phrase for phrase, _ in found}) == len(found)

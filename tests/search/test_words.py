"""BM25 over a catalogue, against the formula written out."""

from __future__ import annotations

import math

import pytest

from prismrec.search.words import WordIndex

TEXTS = ["A lamp of brass", "Lamps and lamps", None, "黄铜台灯", "the sea"]


def test_scores_are_those_of_the_formula() -> None:
    index = WordIndex(TEXTS)
    found = index.match("lamp")
    assert found is not None
    assert index.present.tolist() == [True, True, False, True, True]
    # lengths in terms, stop words and pairs counted as they are indexed
    lengths = [2, 2, 0, 7, 1]
    for row, count in ((0, 1), (1, 2)):
        norm = 1.2 * (0.25 + 0.75 * lengths[row] / (sum(lengths) / 4))
        # divided by the idf, which is what one occurrence in a text of mean length has
        assert found[row] == pytest.approx(count * 2.2 / (count + norm), rel=1e-5)
    assert not found[2:].any()


def test_words_that_no_text_has_count_against_a_match() -> None:
    index = WordIndex(TEXTS)
    whole, half = index.match("lamp"), index.match("lamp zeppelin")
    assert whole is not None
    assert half is not None
    lamp, one = (math.log(1 + (4 - df + 0.5) / (df + 0.5)) for df in (2, 1))
    assert half[0] == pytest.approx(whole[0] * lamp / (lamp + one), rel=1e-5)


def test_shared_words_are_written_as_they_were_asked_for() -> None:
    index = WordIndex(TEXTS)
    assert index.shared("a LAMPS in brass", 0) == ["lamps", "brass"]
    assert index.shared("黄铜的台灯", 3) == ["黄铜", "台灯"]
    assert index.shared("铜台灯", 3) == ["铜台灯"]
    assert index.shared("lamp", 4) == []


def test_chinese_is_found_inside_longer_words_and_by_one_character() -> None:
    index = WordIndex(TEXTS)
    for text in ("台灯", "灯"):
        found = index.match(text)
        assert found is not None
        assert found.argmax() == 3


@pytest.mark.parametrize("text", ["", "the of", "zeppelin", "!?"])
def test_words_that_no_text_has_match_nothing(text: str) -> None:
    assert WordIndex(TEXTS).match(text) is None


def test_a_catalogue_without_texts_matches_nothing() -> None:
    assert WordIndex([None, ""]).match("lamp") is None


def test_names_of_goods_say_nothing_beside_other_words() -> None:
    index = WordIndex(["a film about a lamp", "the lamp", "the sea"])
    alone, beside = index.match("film"), index.match("a lamp film")
    assert alone is not None
    assert beside is not None
    assert alone.argmax() == 0
    assert beside[1] > beside[0] > beside[2] == 0
    assert index.shared("a lamp film", 0) == ["lamp"]

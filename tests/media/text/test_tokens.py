from __future__ import annotations

import pytest

from prismrec.errors import BadData
from prismrec.media.text.segment import segment
from prismrec.media.text.stopwords import STOP_WORDS
from prismrec.media.text.terms import terms
from prismrec.media.text.tokens import (
    KeepTags,
    Lemma,
    MinLength,
    NGrams,
    Pairs,
    PartOfSpeech,
    Stem,
    StopWords,
)

GERMAN = "Die Lampen und das Meer sind sehr schön heute"


@pytest.mark.parametrize(
    "steps,text,expected",
    [
        ((StopWords(),), "The lamp isn't on THE desk", "lamp desk"),
        ((StopWords(),), "我们在海边的灯塔", "海边 灯塔"),
        ((StopWords(),), GERMAN, GERMAN.lower()),
        ((PartOfSpeech(), StopWords()), "She walks towards it", "walks"),
        ((Stem(),), "Lamps burned happily 灯塔", "lamp burn happili 灯塔"),
        ((Stem(),), GERMAN, "die lamp und das meer sind sehr schon heut"),
        ((Lemma(),), "mice went running 灯塔", "mouse go run 灯塔"),
        ((KeepTags(("NOUN",)),), "The old lamp is on the table, 灯塔很高", "lamp table 灯塔"),
        ((MinLength(3),), "a big TV 灯 C++ 🎵", "big c++ 🎵"),
        ((MinLength(2),), "a big TV 灯", "big tv 灯"),
        ((NGrams(),), "brass lamp, sea", "brass lamp sea brass-lamp"),
        ((NGrams(3),), "a b c", "a b c a-b b-c a-b-c"),
        ((Pairs(),), "海边灯塔 on", "海边 灯塔 海边 边灯 灯塔 on"),
        ((Pairs(words=False),), "海边灯塔，灯", "海边 边灯 灯塔 灯"),
        ((), "A b", "a b"),
    ],
)  # fmt: skip
def test_steps(steps, text: str, expected: str) -> None:
    assert [term.replace(" ", "-") for term in terms(text, steps)] == expected.split()


def test_phrases_of_chinese_have_no_space() -> None:
    assert terms("海边灯塔", (NGrams(),)) == ["海边", "灯塔", "海边灯塔"]


def test_unknown_tags_are_refused() -> None:
    with pytest.raises(BadData, match="there are NOUN"):
        KeepTags(("THING",))


def test_stop_words_are_single_tokens() -> None:
    """A word that segmentation never gives would stand in the list in vain."""
    whole = [word for word in STOP_WORDS["en"] if "'" not in word]
    assert [word for word in whole if [t.text for t in segment(word)] != [word]] == []
    assert not STOP_WORDS["en"] & STOP_WORDS["zh"]

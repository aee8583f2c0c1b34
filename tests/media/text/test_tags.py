from __future__ import annotations

import pytest

from prismrec.errors import MissingPackage
from prismrec.media.text import english
from prismrec.media.text.segment import segment
from prismrec.media.text.tags import CONTENT, FUNCTION, tagged

# Ours, tagged by hand.
ENGLISH = """
An/DET old/ADJ fisherman/NOUN finds/VERB a/DET letter/NOUN in/ADP a/DET bottle/NOUN
She/PRON quickly/ADV learns/VERB that/SCONJ nobody/PRON can/AUX be/AUX trusted/VERB
The/DET lamp/NOUN is/AUX made/VERB of/ADP brass/NOUN and/CCONJ green/ADJ glass/NOUN
They/PRON are/AUX running/VERB out/ADP of/ADP time/NOUN and/CCONJ money/NOUN
A/DET young/ADJ woman/NOUN leaves/VERB Paris/PROPN to/PART work/VERB on/ADP a/DET farm/NOUN
Powerful/ADJ jaws/NOUN crush/VERB rocks/NOUN with/ADP ease/NOUN
"""
CHINESE = "他/PRON 在/ADP 北京/PROPN 的/PART 图书馆/NOUN 安静/ADJ 地/PART 看书/VERB"


def by_hand(line: str) -> list[tuple[str, ...]]:
    return [tuple(pair.split("/")) for pair in line.split()]


def test_english_parts_of_speech_are_mostly_right() -> None:
    pairs = [(by_hand(line), line) for line in ENGLISH.strip().splitlines()]
    right = total = 0
    for expected, _ in pairs:
        found = tagged(segment(" ".join(word for word, _ in expected) + "."))
        total += len(expected)
        right += sum(t.tag == tag for t, (_, tag) in zip(found, expected, strict=False))
    assert right / total > 0.9


def test_chinese_parts_of_speech() -> None:
    expected = by_hand(CHINESE)
    found = tagged(segment("".join(word for word, _ in expected)))
    assert [token.text for token in found] == [word for word, _ in expected]
    assert sum(t.tag == tag for t, (_, tag) in zip(found, expected, strict=True)) >= 7


def test_tags_that_are_there_are_kept() -> None:
    once = tagged(segment("The lamp 42 🎵 of 北京。"))
    assert tagged(once) == once
    assert [token.tag for token in once[2:4]] == ["NUM", "SYM"]


def test_other_languages_stay_without() -> None:
    assert {token.tag for token in tagged(segment("Мальчик и море"))} == {""}


def test_content_and_function_do_not_meet() -> None:
    assert not {*CONTENT} & {*FUNCTION}


def test_a_missing_tagger_is_named(monkeypatch) -> None:
    absent = english.WEIGHTS.__class__("no-such-package", "1.0", "x", "0" * 64)
    monkeypatch.setattr(english, "WEIGHTS", absent)
    english._load.cache_clear()
    with pytest.raises(MissingPackage, match="no-such-package"):
        tagged(segment("a lamp"))
    english._load.cache_clear()

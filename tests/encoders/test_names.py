"""The tables of names: as many as there are classes, in their order, none twice, none half."""

from __future__ import annotations

import re

import pytest

from prismrec.encoders.colour_names import ColourNames
from prismrec.encoders.names import Name, read_names


@pytest.mark.parametrize(
    ("table", "count"), [("imagenet", 1000), ("music_tags", 50), ("colours", 15)]
)
def test_every_class_has_a_name_of_its_own_in_both_languages(table: str, count: int) -> None:
    names = read_names(table)
    assert len(names) == count
    for language in Name._fields:
        column = [getattr(name, language) for name in names]
        assert len(set(column)) == count
        assert all(text == text.strip() and text for text in column)
    assert all(re.search("[\u4e00-\u9fff]", name.chinese) for name in names)
    assert not any(re.search("[\u4e00-\u9fff]", name.english) for name in names)


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "tench"),
        (1, "goldfish"),
        (207, "golden retriever"),
        (281, "tabby"),
        (388, "giant panda"),
        (404, "airliner"),
        (483, "castle"),
        (546, "electric guitar"),
        (817, "sports car"),
        (953, "pineapple"),
        (999, "toilet paper"),
    ],
)
def test_classes_stand_in_the_order_of_the_challenge(number: int, word: str) -> None:
    assert word in read_names("imagenet")[number].english


def test_tags_stand_in_the_order_of_the_authors() -> None:
    tags = [name.english for name in read_names("music_tags")]
    assert tags[:4] == ["rock", "pop", "alternative", "indie"]
    assert tags[-3:] == ["sad", "house", "happy"]


def test_colours_stand_in_the_order_of_the_encoder() -> None:
    assert tuple(name.english for name in read_names("colours")) == ColourNames.labels

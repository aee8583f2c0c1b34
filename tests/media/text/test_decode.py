from __future__ import annotations

import codecs

import pytest

from prismrec.errors import BadMedia
from prismrec.media.text import decode_text, is_blank


def test_spaces_are_tidied_and_letters_composed() -> None:
    assert decode_text("  cafe\u0301\n\t au\u3000lait ".encode()) == "café au lait"


def test_long_texts_are_cut() -> None:
    assert decode_text("字".encode() * 50, limit=7) == "字" * 7


def test_other_encodings_are_refused() -> None:
    with pytest.raises(BadMedia, match="byte 1"):
        decode_text("aé".encode("latin-1"))


@pytest.mark.parametrize("text", ["", "  \n\t", "\u3000", "\u200b", "...", "-"])
def test_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "灯", "7", "☀", " x "])
def test_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(encoding: str) -> None:
    assert decode_text("café 灯".encode(encoding)) == "café 灯"
    assert decode_text(codecs.BOM_UTF16_BE + "灯".encode("utf-16-be")) == "灯"


def test_nul_characters_are_dropped() -> None:
    assert decode_text(b"\0la\0mp") == "lamp"


def test_half_a_character_of_utf_16_is_refused() -> None:
    with pytest.raises(BadMedia, match="UTF-16"):
        decode_text("灯".encode("utf-16")[:-1])


def test_a_huge_text_is_cut_before_it_is_worked_on() -> None:
    seen: list[int] = []

    def step(text: str) -> str:
        seen.append(len(text))
        return text

    assert decode_text("字".encode() * 17_000_000, steps=(step,), limit=7) == "字" * 7
    assert seen == [140]


def test_the_cut_may_go_through_a_character() -> None:
    assert decode_text(b"a" + "字".encode() * 100, limit=3) == "a字字"


@pytest.mark.parametrize("data", [b"caf\xe9", b"ok \xff\xfe", b"\xe7\x81"])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(BadMedia, match="save it as UTF-8"):
        decode_text(data)


def test_steps_run_in_order_before_spaces_are_tidied() -> None:
    steps = (lambda text: text.replace("<br>", "  "), str.upper)
    assert decode_text(b"a<br>b", steps=steps) == "A B"

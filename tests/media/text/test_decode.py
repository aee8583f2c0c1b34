from __future__ import annotations

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

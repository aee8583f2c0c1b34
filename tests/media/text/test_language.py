from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec.errors import MissingPackage
from prismrec.media.text import language
from prismrec.media.text.language import UNKNOWN, language_of


@pytest.mark.parametrize(
    "text,code",
    [
        ("A retired detective returns to the harbour town where he was born.", "en"),
        ("Songs for the rain", "en"),
        ("海边的少年", "zh"),
        ("無名的遠方", "zh"),
        ("iPhone 手机壳 防摔", "zh"),
        ("T恤 纯棉 男款", "zh"),
        ("海の少年と日本語の歌", "ja"),
        ("소년과 바다", "ko"),
        ("Der Junge und das Meer, eine Geschichte", "de"),
        ("Les enfants de la lune et la nuit", "fr"),
        ("Мальчик и море", "ru"),
        ("ประเทศไทย", "th"),
        ("Η θάλασσα", "el"),
    ],
)
def test_languages_are_told_apart(text: str, code: str) -> None:
    found = language_of(text)
    assert found.code == code
    assert 0.5 <= found.confidence <= 1


@pytest.mark.parametrize("text", ["", "  ", "12,50 €", "🎵!", "ab", "\u202e\ud800"])
def test_too_little_is_no_language(text: str) -> None:
    assert language_of(text) == UNKNOWN


def test_the_language_of_most_of_the_text_counts() -> None:
    chinese, english = (
        "这是一段关于海边灯塔的故事",
        "A story about the lighthouse by the sea and its keeper",
    )
    assert language_of(f"{chinese}{chinese} {english[:20]}").code == "zh"
    assert language_of(f"{english}, {english} {chinese[:5]}").code == "en"
    assert language_of(f"{chinese} OK").confidence < language_of(chinese).confidence


@settings(deadline=None)  # the first example may load a model
@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    code, confidence = language_of(text)
    assert (code == "und") == (confidence == 0)
    assert 0 <= confidence <= 1


def test_chinese_needs_no_package_and_english_names_it(monkeypatch) -> None:
    language._classifier.cache_clear()
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    assert language_of("海边的少年").code == "zh"
    with pytest.raises(MissingPackage, match=r'pip install "prismrec\[media\]"'):
        language_of("the boy by the sea")

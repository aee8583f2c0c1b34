from __future__ import annotations

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec.media.text import PUNCTUATION, chinese
from prismrec.media.text.segment import segment
from prismrec.media.text.terms import terms


def words(text: str) -> list[str]:
    return [token.text for token in segment(text) if token.tag != PUNCTUATION]


@pytest.mark.parametrize(
    "text,expected",
    [
        ("Don't touch Ann's lamps; they’re hot", "Do n't touch Ann 's lamps they 're hot"),
        ("We can't and won't", "We can n't and will n't"),
        ("a hand-made T-shirt, USB-C and e-mail", "a hand made T-shirt USB-C and e-mail"),
        ("C++, C# and .NET at AT&T in the U.S.A.", "C++ C# and .NET at AT&T in the U.S.A."),
        ("4,600 ft, 2.4GHz, 50% off, 16:9, 3D", "4,600 ft 2.4GHz 50% off 16:9 3D"),
        ("rock'n'roll 🎵 café", "rock'n'roll 🎵 café"),
        ("北京大学生在图书馆看书。", "北京 大学生 在 图书馆 看书"),
        ("纯棉T恤男款 iPhone15手机壳", "纯棉 T恤 男款 iPhone15 手机 壳"),
        ("海の少年", "海の の少 少年"),
        ("소년과 바다", "소년 년과 바다"),
        ("한", "한"),
        (
            "L'amour d'une femme est plus fort que la mort",
            "L amour d une femme est plus fort que la mort",
        ),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("", ""),
        ("...!?", ""),
    ],
)
def test_each_script_by_its_own_rules(text: str, expected: str) -> None:
    assert words(text) == expected.split()


def test_tokens_know_their_language() -> None:
    found = {token.text: token.language for token in segment("灯塔 lighthouse 42 바다")}
    assert found == {"灯塔": "zh", "lighthouse": "en", "42": "und", "바다": "ko"}
    german = segment("Der Junge und das Meer, eine lange Geschichte über die Zeit")
    assert {token.language for token in german if not token.tag} == {"de"}


def test_marks_are_kept_once_and_tagged() -> None:
    tokens = segment("lamp!!! —sea 🎵 42")
    assert [token.tag for token in tokens] == ["", "PUNCT", "", "SYM", "NUM"]


def test_terms_have_no_marks_and_no_capitals() -> None:
    assert terms("A Lamp, 灯塔!") == ["a", "lamp", "灯塔"]


@settings(deadline=None)  # the first example may load a model
@given(st.text())
def test_nothing_is_lost_and_nothing_invented(text: str) -> None:
    tokens = segment(text)
    letters = {c for c in text if c.isalnum()}
    kept = set("".join(token.text for token in tokens))
    lost = letters - kept
    assert all(c.casefold() in "".join(kept).casefold() for c in lost)
    assert all(token.text for token in tokens)


@pytest.mark.parametrize("text", ["a" * 1_000_000, "a-" * 100_000, "字" * 100_000, "1." * 100_000])
def test_long_texts_are_no_problem(text: str) -> None:
    assert segment(text)


def test_the_dictionary_is_loaded_once_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    chinese._filled_segmenter.cache_clear()
    barrier = threading.Barrier(4)

    def cut(_: int) -> list[str]:
        barrier.wait()
        return chinese.chinese_words("海边的灯塔")

    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(cut, range(4))] == [["海边", "的", "灯塔"]] * 4
    assert chinese._filled_segmenter.cache_info().misses == 1
    assert [*tmp_path.iterdir()] == []
    assert capfd.readouterr() == ("", "")

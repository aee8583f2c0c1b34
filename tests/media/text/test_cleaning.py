"""The steps over whole texts, each by cases that can be checked by eye."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec.errors import MissingPackage, UnknownName
from prismrec.media.text.characters import (
    Invisible,
    Lower,
    Mojibake,
    Repeats,
    Simplified,
    Unicode,
    _converter,
)
from prismrec.media.text.html import Html
from prismrec.media.text.links import Emoji, Links

STEPS = (Html(), Unicode(), Invisible(), Mojibake(), Links(), Emoji(), Repeats(), Lower())
PIECES = [
    "<",
    ">",
    "&",
    "<b>",
    "</p",
    "<script>",
    "<!--",
    "-->",
    "&#1",
    "&lt;",
    "'",
    '"',
    "@",
    "a.b",
]
WILD = st.lists(st.text() | st.sampled_from([*PIECES, "\ud800", "\u202e", "\u200d", "🎵"])).map(
    "".join
)


@pytest.mark.parametrize(
    "text,shown",
    [
        ("<p>Oak &amp; <b>brass</b></p><p>lamp</p>", "Oak & brass lamp"),
        ("one<br/>two<td>three", "one two three"),
        ("un<i>believ</i>able", "unbelievable"),
        ("a<script>let b = 1 < 2;</script>c<style>p{}</style>", "a c"),
        ("a <!-- not <b>this</b> --> b", "a b"),
        ("I <3 you, x<y and 5 < 6 > 2", "I <3 you, x<y and 5 < 6 > 2"),
        ("<a href=\"/x?a=1>0\" title='b'>link</a>", "link"),
        ("&#28783;&#x5854; &eacute;&nbsp;!", "灯塔 é !"),
        ("R&D, AT&T; fish&chips &nosuch;", "R&D, AT&T; fish&chips &nosuch;"),
        ("写 <head> 的一课", "写 的一课"),
    ],
)
def test_html(text: str, shown: str) -> None:
    assert " ".join(Html()(text).split()) == shown


def test_an_entity_that_was_written_out_stays() -> None:
    assert Html()("&amp;lt;") == "&lt;"


@pytest.mark.parametrize(
    "step,text,expected",
    [
        (Unicode(), "ＬＥＤ灯 ﬁne １２", "LED灯 fine 12"),
        (Unicode("NFC"), "ＬＥＤ cafe\u0301", "ＬＥＤ café"),
        (Invisible(), "la\u200bm\xadp\u202e \x07\ud800灯\ufeff\ue000", "lamp 灯"),
        (Invisible(), "👨\u200d👩\u200d👧 می\u200cخواهم", "👨\u200d👩\u200d👧 می\u200cخواهم"),
        (Invisible(), "a\u200db\u200c 灯\u200d", "ab 灯"),
        (Mojibake(), "cafÃ© del mar", "café del mar"),
        (Mojibake(), "ç”µå½±", "电影"),
        (Mojibake(), "cafÃƒÂ©", "café"),
        (Mojibake(), "café, cafÃ©", "café, cafÃ©"),
        (Mojibake(), "naïve 灯", "naïve 灯"),
        (Links(), "see https://a.example/b?c=1，好", "see  ，好"),
        (Links("link"), "ann@shop.example or www.a.example", "link or link"),
        (Emoji(), "good 🎵👍🏽 🇨🇳", "good musical note thumbs up sign flag CN"),
        (Emoji("drop"), "灯👨\u200d👩\u200d👧❤️塔", "灯 塔"),
        (Repeats(), "sooooo 哈哈哈哈哈!!!!! 100000", "sooo 哈哈哈!!! 100000"),
        (Repeats(1), "aabb", "ab"),
        (Lower(), "Straße ÉTÉ 灯", "strasse été 灯"),
        (Simplified(), "無名的遠方，頭髮與發展 A", "无名的远方，头发与发展 A"),
    ],
)
def test_characters(step, text: str, expected: str) -> None:
    assert step(text).split() == expected.split()


def test_line_ends_can_be_seen() -> None:
    assert Invisible()("tab\tand\r\nline") == "tab\tand\r\nline"


@pytest.mark.parametrize("make", [lambda: Unicode("NFX"), lambda: Emoji("eat")])
def test_unknown_choices_are_refused(make) -> None:
    with pytest.raises(UnknownName, match="choose"):
        make()


def test_without_its_package_a_step_names_the_command(monkeypatch) -> None:
    _converter.cache_clear()
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(MissingPackage, match=r'pip install "prismrec\[media\]"'):
        Simplified()("遠方")
    _converter.cache_clear()


@settings(deadline=None)  # the first example may load a model
@given(WILD)
def test_any_text_goes_through_every_step(text: str) -> None:
    for step in STEPS:
        assert isinstance(step(text), str)
    assert Html()("".join(c for c in text if c not in "<&")) == "".join(
        c for c in text if c not in "<&"
    )


@settings(deadline=None)  # the first example may load a model
@given(WILD)
def test_what_was_cleaned_stays_clean(text: str) -> None:
    for step in (Unicode(), Invisible(), Repeats(), Emoji("drop")):
        once = step(text)
        assert step(once).split() == once.split(), step


@settings(deadline=None)  # the first example may load a model
@given(st.text())
def test_a_fault_of_encoding_is_undone(text: str) -> None:
    text = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    if text.isascii() or Mojibake()(text) != text:
        return
    assert Mojibake()(text.encode().decode("latin-1")) == text


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<script>", "<!--", "&", "a@", "👨\u200d", "</p", "\u202e"]
)
def test_long_texts_of_any_kind_are_no_problem(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    for step in STEPS:
        assert len(step(text)) <= 40 * len(text)

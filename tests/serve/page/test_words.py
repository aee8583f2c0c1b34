"""The page speaks both languages about everything, and says nothing that is never said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest

from prismrec.serve.page.assets import assets, modules
from prismrec.serve.page.language import LANGUAGES, chosen, tag, words

PAGE = files("prismrec.serve.page")
NAMED = re.compile(r"\{([\w-]+)\}")
# Keys that are put together: the beginning stands in the source, the end is a value.
FAMILIES = re.compile(r"`([\w.-]+[.-])\$\{")
SAID = re.compile(r'"([a-z]+(?:[.-][\w .,-]+)?)"|`([a-z]+[.-][\w.-]+)`')


def sources() -> Iterator[str]:
    for path, asset in assets().files.items():
        if path.startswith("js/"):
            yield asset.data.decode()
    for template in (PAGE / "templates").iterdir():
        yield template.read_text("utf-8")


def test_both_languages_say_the_same_things() -> None:
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert text.strip() and chinese[key].strip(), key
        assert sorted(NAMED.findall(text)) == sorted(NAMED.findall(chinese[key])), key


def test_chinese_is_chinese() -> None:
    same = [key for key, text in words("zh").items() if not re.search(r"[一-鿿]", text)]
    assert same == ["card.share"]  # nothing but what is put in


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    text = "\n".join(sources())
    families = set(FAMILIES.findall(text))
    quoted = {first or second for first, second in SAID.findall(text)}
    known = words("en")
    quoted |= set(re.findall(r"words\[['\"]([\w.-]+)['\"]\]", text))
    quoted |= {f"{key}-note" for key in quoted if f"{key}-note" in known}
    unused = {
        key
        for key in known
        if key not in quoted and not any(key.startswith(family) for family in families)
    }
    assert not unused, "take these out of words/"
    said = set(re.findall(r'say\("([^"]+)"', text))
    said |= set(re.findall(r"words\[['\"]([\w.-]+)['\"]\]", text))
    assert said and not said - known.keys()


@pytest.mark.parametrize(
    ("wanted", "accept", "language"),
    [
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, "fr, zh-TW;q=0.8, en;q=0.5", "zh"),
        (None, "zh;q=0, en;q=0.1", "en"),
        (None, "zh;q=much, en;q=0.1", "en"),
        (None, "de", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh", "zh"),
        ("../en", None, "en"),
    ],
)
def test_the_language_follows_what_was_chosen_then_the_browser(
    wanted: str | None, accept: str | None, language: str
) -> None:
    assert chosen(wanted, accept) == language
    assert tag(language) in ("en", "zh-Hans") and language in LANGUAGES


def test_all_modules_are_found_from_two_entries() -> None:
    reached = set(modules("js/shop.js")) | set(modules("js/operator.js"))
    assert reached == {path for path in assets().files if path.startswith("js/")}


def test_data_never_becomes_markup() -> None:
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
    for path, asset in assets().files.items():
        if path.startswith("js/"):
            assert not re.search(banned, asset.data.decode()), path


def test_nothing_comes_from_elsewhere() -> None:
    for source in [*sources(), *(a.data.decode() for a in assets().files.values())]:
        addresses = set(re.findall(r"https?://[\w./-]+", source))
        assert addresses <= {"http://www.w3.org/2000/svg"}


def test_modules_and_styles_are_short() -> None:
    long = [path for path, a in assets().files.items() if a.data.count(b"\n") > 400]
    assert [path for path in long if not path.startswith("words/")] == []

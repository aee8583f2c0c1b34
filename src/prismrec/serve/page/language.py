"""Language: in which words a person is spoken to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

__all__ = ["LANGUAGES", "chosen", "tag", "words"]

LANGUAGES = ("en", "zh")
TAGS: Mapping[str, str] = {"en": "en", "zh": "zh-Hans"}  # for the attribute `lang`


def chosen(wanted: str | None, accept: str | None) -> str:
    """The language to speak: the one wanted before, else the best of those a browser accepts.

    Args:
        wanted: what the address or the cookie says; anything unknown is passed over.
        accept: header Accept-Language.

    >>> chosen(None, "fr, zh-TW;q=0.8, en;q=0.5")
    'zh'
    """
    if wanted in LANGUAGES:
        return wanted
    best, most = LANGUAGES[0], 0.0
    for part in (accept or "").split(","):
        name, _, rest = part.partition(";")
        language = name.strip().lower().partition("-")[0]
        weight = _quality(rest)
        if language in LANGUAGES and weight > most:
            best, most = language, weight
    return best


def tag(language: str) -> str:
    """The language as HTML names it."""
    return TAGS[language]


@cache
def words(language: str) -> Mapping[str, str]:
    """All words of the page in a language, by what they are for."""
    text = (files("prismrec.serve.page") / "words" / f"{language}.json").read_text("utf-8")
    found: Mapping[str, str] = json.loads(text)
    return found


def _quality(rest: str) -> float:
    name, _, value = rest.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0

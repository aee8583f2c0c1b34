"""HTML: the words that a page would show."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Html"]

HIDDEN = "script|style|template|noscript|head"
INLINE = "abbr|a|bdi|bdo|b|cite|code|em|font|i|kbd|mark|q|small|span|strong|sub|sup|s|u"
BLOCK = (
    "address|article|aside|blockquote|body|br|button|caption|center|dd|details|div|dl|dt"
    "|figcaption|figure|footer|form|h[1-6]|header|hr|html|iframe|img|input|label|link|li|main|meta"
    "|nav|ol|option|pre|p|section|select|summary|svg|table|tbody|td|tfoot|thead|th|title|tr|ul|video"
)
# Only tags that we know: a "<" before anything else is a "less than", a heart or a face. Every
# part is bounded or cannot be given back, so that no text makes the search slow.
MARKUP = re.compile(
    r"<!--|<!doctype\b[^<>]*>"
    rf"|<(?P<close>/?)(?P<tag>{HIDDEN}|{BLOCK}|{INLINE})\b"
    r"""(?:(?:[^<>"']|"[^"<]{0,2000}"|'[^'<]{0,2000}')*+>|[^<>]*>)""",
    re.IGNORECASE,
)
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)


@dataclass(frozen=True)
class Html:
    """Drops tags, comments, scripts and style sheets, and writes entities as characters.

    Texts without a tag or an entity come back unchanged. A tag between two words becomes a space
    where a browser would start a new line or cell.
    """

    version: ClassVar[int] = 1

    def __call__(self, text: str) -> str:
        """The visible text."""
        text = "".join(_shown(text)) if "<" in text else text
        return ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _shown(text: str) -> Iterator[str]:
    """The parts of a text between its tags. Goes through it once, whatever is in it."""
    place, unclosed = 0, set[str]()
    while found := MARKUP.search(text, place):
        yield text[place : found.start()]
        place = found.end()
        tag = (found["tag"] or found[0]).lower()
        hides = tag == "<!--" or (re.fullmatch(HIDDEN, tag) and not found["close"])
        if hides and tag not in unclosed:
            end = _end(tag, text, place)
            if end is None:  # there is none behind either: never look again
                unclosed.add(tag)
            place = end or (len(text) if tag in ("script", "style", "<!--") else place)
        if not re.fullmatch(INLINE, tag) and tag != "<!--":
            yield " "
    yield text[place:]


def _end(tag: str, text: str, place: int) -> int | None:
    closing = re.escape("-->") if tag == "<!--" else rf"</{tag}\b[^<>]*>"
    found = re.compile(closing, re.IGNORECASE).search(text, place)
    return found.end() if found else None

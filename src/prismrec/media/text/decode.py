"""Texts: bytes to a tidy string."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable, Iterable

from prismrec.errors import BadMedia

__all__ = ["decode_text", "is_blank"]

BEFORE = 20  # so many times the limit is looked at, since markup and spaces take most of some texts
BYTES = 4  # of the longest character
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(
    data: bytes, *, steps: Iterable[Callable[[str], str]] = (), limit: int = 10_000
) -> str:
    """Composed Unicode (NFC) with single spaces, after `steps`, cut after `limit` characters.

    The bytes are UTF-8, or UTF-16 where a byte order mark says so. NUL characters are dropped.
    What lies beyond 20 times the limit is not even decoded, so a huge text costs no more time.

    Raises:
        BadMedia: where the bytes are neither.
    """
    text = _decoded(data, BEFORE * limit).replace("\0", "")
    text = unicodedata.normalize("NFC", text)
    for step in steps:
        text = step(text)
    return " ".join(text.split())[:limit]


def is_blank(text: str) -> bool:
    """Whether a text holds nothing to read: no letter, digit or symbol."""
    return not any(unicodedata.category(character)[0] in "LNS" for character in text)


def _decoded(data: bytes, most: int) -> str:
    mark, encoding = next((pair for pair in MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    body = data[len(mark) : len(mark) + BYTES * most]
    whole = len(mark) + len(body) == len(data)  # else the cut may go through a character
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(body, final=whole)
    except UnicodeDecodeError as error:
        place = len(mark) + error.start
        name = "UTF-16" if "16" in encoding else "UTF-8"
        raise BadMedia(0, f"not {name} text (byte {place}); save it as UTF-8") from error
    return text[:most]

"""Texts: bytes to a tidy string."""

from __future__ import annotations

import unicodedata

from prismrec.errors import BadMedia

__all__ = ["decode_text", "is_blank"]


def decode_text(data: bytes, *, limit: int = 10_000) -> str:
    """UTF-8 to composed Unicode (NFC) with single spaces, cut after `limit` characters.

    Raises:
        BadMedia: where the bytes are not UTF-8.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadMedia(0, f"not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    return " ".join(unicodedata.normalize("NFC", text).split())[:limit]


def is_blank(text: str) -> bool:
    """Whether a text holds nothing to read: no letter, digit or symbol."""
    return not any(unicodedata.category(character)[0] in "LNS" for character in text)

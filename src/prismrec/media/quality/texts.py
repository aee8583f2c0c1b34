"""Texts: what may be wrong with one. A new detector is one function and one row of `DETECTORS`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from prismrec.media.quality.finding import Kind, kind
from prismrec.media.text import is_blank
from prismrec.media.text.characters import Invisible, Mojibake
from prismrec.media.text.html import Html

__all__ = ["DETECTORS", "READ", "judged", "letters"]

SHORT = 3  # letters and digits; a Chinese character counts as two
READ = 10_000  # characters that encoders read
LOOKED_AT = 20_000  # characters of a text that are judged
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
RUN = re.compile(r"[^\x00-\x7f]{3,}")

_html, _mojibake, _invisible = Html(), Mojibake(), Invisible()


def judged(text: str) -> list[tuple[str, str]]:
    """Codes with details."""
    length, text = len(text), text[:LOOKED_AT]
    found = [(known.code, detail) for known, read in DETECTORS if (detail := read(text))]
    if length > READ:
        found.append((LONG.code, f"{length:,} characters"))
    return found


def letters(text: str) -> int:
    """Letters and digits; a Chinese character counts as two."""
    return sum(unicodedata.category(c)[0] in "LN" for c in text) + len(HAN.findall(text))


def _empty(text: str) -> str:
    return "nothing to read" if is_blank(text) else ""


def _wordless(text: str) -> str:
    return quoted(text) if not is_blank(text) and letters(text) == 0 else ""


def _short(text: str) -> str:
    return quoted(text) if 0 < letters(text[:LOOKED_AT]) < SHORT else ""


def _tagged(text: str) -> str:
    if "<" not in text and "&" not in text:
        return ""
    # Of an entity the sign alone is no fault: "R&B" and "a < b" are texts.
    found = re.search(
        r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[\da-fA-F]{1,5});", text
    )
    return quoted(found[0]) if found and _html(text) != text else ""


def _garbled(text: str) -> str:
    if "\ufffd" in text:
        return f"{text.count(chr(0xFFFD))} characters are lost (\ufffd)"
    if text.isascii():
        return ""
    meant = _mojibake(text)
    if meant != text:
        return f"{quoted(text)} was {quoted(meant)}"
    for run in RUN.findall(text):
        meant = _mojibake(run)
        if meant == run:
            meant = _read_as_gbk(run)
        if meant != run:
            return f"{quoted(run)} was {quoted(meant)}"
    return ""


def _read_as_gbk(run: str) -> str:
    """Chinese in UTF-8 that was read as GBK, undone; the same text where it was not."""
    try:
        meant = run.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return run
    # Two true Chinese characters may by chance be UTF-8 of letters of another script.
    return meant if len(HAN.findall(meant)) > len(meant) / 2 else run


def _unseen(text: str) -> str:
    shown = _invisible(text)
    return f"{len(text) - len(shown)} characters cannot be seen" if shown != text else ""


def quoted(text: str) -> str:
    """The beginning of a text, on one line, with nothing in it that cannot be shown."""
    line = " ".join(_invisible(text[:200]).encode("utf-8", "replace").decode("utf-8").split())
    return f"“{line[:60]}…”" if len(line) > 60 else f"“{line}”"


LONG = kind(
    "text.long",
    "info",
    "texts longer than what is read",
    will=f"the first {READ:,} characters are read",
    can="put what matters first",
)
DETECTORS: tuple[tuple[Kind, Callable[[str], str]], ...] = (
    (
        kind(
            "text.empty",
            "warning",
            "texts of blanks and punctuation alone",
            will="left out: the row counts as one without a text",
            can="write a sentence, or clear the cell",
        ),
        _empty,
    ),
    (
        kind(
            "text.wordless",
            "info",
            "texts of emoji and symbols alone",
            will="used; most encoders can tell little from it",
            can="write a sentence",
        ),
        _wordless,
    ),
    (
        kind(
            "text.short",
            "warning",
            "texts that say almost nothing",
            will="used as they are",
            can="write a sentence that would help somebody to choose",
        ),
        _short,
    ),
    (
        kind(
            "text.html",
            "warning",
            "texts with HTML left in them",
            will="used as they are; tags are read as words unless the encoder has the step html",
            can="export plain text, or use the step html in the encoder",
        ),
        _tagged,
    ),
    (
        kind(
            "text.mojibake",
            "warning",
            "texts that were read in the wrong encoding",
            will="used as they are; the garbled words mean nothing to an encoder",
            can="export again as UTF-8, or use the step mojibake in the encoder",
        ),
        _garbled,
    ),
    (
        kind(
            "text.invisible",
            "info",
            "texts with characters that cannot be seen",
            will="used; NUL characters are dropped, others split words for some encoders",
            can="remove them, or use the step invisible in the encoder",
        ),
        _unseen,
    ),
)

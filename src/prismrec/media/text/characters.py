"""Characters: one way to write what looks or means the same."""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast

from prismrec.errors import UnknownName
from prismrec.packages import require

__all__ = ["Invisible", "Lower", "Mojibake", "Repeats", "Simplified", "Unicode"]

FORMS = ("NFC", "NFKC")
# Control characters except tab and line ends, soft hyphen, zero width, direction, surrogates,
# private use, noncharacters and the byte order mark.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ud800-\uf8ff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e001f\U000f0000-\U0010ffff]"
)
# Joiners shape letters of Arabic and Indian scripts and hold some emoji together; elsewhere
# they are stray.
STRAY_JOINER = re.compile(
    "[\u200c\u200d](?![\u0600-\u08ff\u0900-\u0dff\u2600-\u27bf\U0001f000-\U0001faff])"
    "|(?<![\u0600-\u08ff\u0900-\u0dff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
ROUNDS = 3  # how often a text may have gone through the wrong encoding


@dataclass(frozen=True)
class Unicode:
    """Normal form of Unicode: NFKC also folds full-width letters, ligatures and the like."""

    form: str = "NFKC"  # NFC or NFKC
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise UnknownName(f"form={self.form} is unknown; choose {' or '.join(FORMS)}")

    def __call__(self, text: str) -> str:
        """The text in that form."""
        return unicodedata.normalize(cast(Literal["NFC", "NFKC"], self.form), text)


@dataclass(frozen=True)
class Invisible:
    """Drops control, zero-width, direction and private-use characters and lone surrogates."""

    version: ClassVar[int] = 1

    def __call__(self, text: str) -> str:
        """What can be seen, with tabs and line ends."""
        return STRAY_JOINER.sub("", UNSEEN.sub("", text))


@dataclass(frozen=True)
class Lower:
    """Folds case, also where one letter becomes two (ß to ss)."""

    version: ClassVar[int] = 1

    def __call__(self, text: str) -> str:
        """The text without capitals."""
        return text.casefold()


@dataclass(frozen=True)
class Repeats:
    """Shortens runs of one letter or mark: "soooo gooood!!!!!" to "sooo goood!!!"."""

    most: int = 3  # of one character in a row; digits are left alone
    version: ClassVar[int] = 1

    def __call__(self, text: str) -> str:
        """The text without long runs."""
        most = max(self.most, 1)
        return re.sub(rf"([^\d\s])\1{{{most},}}", lambda run: run[1] * most, text)


@dataclass(frozen=True)
class Simplified:
    """Traditional Chinese characters to simplified ones, by phrase where it matters."""

    version: ClassVar[int] = 1

    def __call__(self, text: str) -> str:
        """The text in simplified characters.

        Raises:
            MissingPackage: where opencc is not installed.
        """
        if not re.search("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]", text):
            return text
        # It wants UTF-8, in which a lone surrogate cannot be written.
        text = text.encode("utf-8", "replace").decode("utf-8")
        with _ONE_AT_A_TIME:
            return str(_converter().convert(text))


_ONE_AT_A_TIME = threading.Lock()


@functools.cache
def _converter() -> Any:
    return require("opencc", "media").OpenCC("t2s")


@dataclass(frozen=True)
class Mojibake:
    """Repairs UTF-8 that was read as Latin-1 or Windows-1252 ("cafÃ©", "ç”µå½±").

    It does so only where every character beyond ASCII is part of such a sequence; one real é
    in the text, and nothing is touched. Up to three rounds of the fault are undone.
    """

    version: ClassVar[int] = 1

    def __call__(self, text: str) -> str:
        """The text that was meant, or the same."""
        for _ in range(ROUNDS):
            meant = _undone(text)
            if meant is None:
                break
            text = meant
        return text


def _undone(text: str) -> str | None:
    if text.isascii():
        return None
    try:
        raw = bytes(map(_windows_bytes().__getitem__, text))
        return raw.decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None


@functools.cache
def _windows_bytes() -> dict[str, int]:
    """Character to byte: Latin-1 and Windows-1252 together, which differ in 0x80 to 0x9f."""
    table = {chr(byte): byte for byte in range(256)}
    for byte in range(0x80, 0xA0):
        character = bytes([byte]).decode("cp1252", "ignore")
        if character:
            table[character] = byte
    return table

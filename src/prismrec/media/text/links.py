"""Addresses and emoji: what a text carries besides its words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from prismrec.errors import UnknownName

__all__ = ["EMOJI", "Emoji", "Links"]

# Lengths are bounded so that no text makes the search slow.
ADDRESS = re.compile(
    r"(?:https?|ftp)://[^\s<>\"'，。！？；、）】》]{1,2000}"
    r"|\bwww\.[a-z0-9-]{1,63}\.[^\s<>\"'，。！？；、）】》]{1,2000}"
    r"|\b[a-z0-9._%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}\b",
    re.IGNORECASE | re.ASCII,
)
PICTURE = "\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff"
EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    "|[0-9#*]\ufe0f?\u20e3"  # a key
    f"|[{PICTURE}][\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
    f"(?:\u200d[{PICTURE}][\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*)*"
)
FIRST_FLAG = 0x1F1E6
CHOICES = ("drop", "name")


@dataclass(frozen=True)
class Links:
    """Drops web and e-mail addresses, or writes one word for each."""

    word: str = ""  # what stands for an address
    version: ClassVar[int] = 1

    def __call__(self, text: str) -> str:
        """The text without addresses."""
        return ADDRESS.sub(lambda _: f" {self.word} ", text)


@dataclass(frozen=True)
class Emoji:
    """Drops emoji, or writes the English name that Unicode gives each."""

    how: str = "name"  # drop or name
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.how not in CHOICES:
            raise UnknownName(f"how={self.how} is unknown; choose {' or '.join(CHOICES)}")

    def __call__(self, text: str) -> str:
        """The text without pictures; spaces stand where they were."""
        return EMOJI.sub(lambda found: f" {self._word(found[0])} ", text)

    def _word(self, emoji: str) -> str:
        if self.how == "drop":
            return ""
        if ord(emoji[0]) in range(FIRST_FLAG, FIRST_FLAG + 26):
            return "flag " + "".join(chr(ord("A") + ord(letter) - FIRST_FLAG) for letter in emoji)
        names = (unicodedata.name(character, "") for character in emoji)
        drawn = (
            n for n in names if n and not n.startswith(("VARIATION", "ZERO WIDTH", "EMOJI MOD"))
        )
        return " ".join(drawn).lower()

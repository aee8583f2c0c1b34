"""Steps over tokens: which words count, and in which form."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from prismrec.errors import BadData
from prismrec.media.text import PUNCTUATION, Token
from prismrec.media.text.stopwords import STOP_WORDS
from prismrec.media.text.tags import CONTENT, FUNCTION, tagged
from prismrec.packages import require

__all__ = ["KeepTags", "Lemma", "MinLength", "NGrams", "Pairs", "PartOfSpeech", "Stem", "StopWords"]

UNIVERSAL = (*CONTENT, *FUNCTION, "INTJ", "NUM", "SYM", "X")
# Languages with an algorithm of Snowball, by their codes.
STEMMERS = {
    **{"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian"},
    **{"pt": "portuguese", "nl": "dutch", "sv": "swedish", "da": "danish", "no": "norwegian"},
    **{"fi": "finnish", "hu": "hungarian", "ro": "romanian", "tr": "turkish", "ru": "russian"},
    **{"ca": "catalan", "el": "greek", "ar": "arabic", "hi": "hindi", "id": "indonesian"},
}
LEMMAS = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "pl", "cs", "sk", "ro", "hu"),
    *("tr", "id", "ca", "et", "ru", "uk", "bg", "el"),
)
_OF_THREAD = threading.local()  # a stemmer keeps the word that it works on


@dataclass(frozen=True)
class StopWords:
    """Drops English and Chinese function words, whatever their case; tags help where present."""

    version: ClassVar[int] = 2

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """The words that say something, and the marks."""
        return tuple(token for token in tokens if not is_stop_word(token))


def is_stop_word(token: Token) -> bool:
    """Whether a token is a word without content of its own."""
    return token.tag in FUNCTION or token.text.lower() in STOP_WORDS.get(token.language, ())


@dataclass(frozen=True)
class Stem:
    """Cuts endings: "lamps", "lamp's" and "lamp" become one; also makes lower case.

    Source: Porter's Snowball algorithms (snowballstem.org) for 20 languages; others stay as
    they are.
    """

    version: ClassVar[int] = 1

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """As many tokens."""
        return tuple(
            token._replace(text=_stem(token.text.lower(), token.language))
            if token.language in STEMMERS
            else token
            for token in tokens
        )


@functools.lru_cache(maxsize=65536)
def _stem(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word))


def _stemmer(language: str) -> Any:
    made: dict[str, Any] = _OF_THREAD.__dict__
    if language not in made:
        made[language] = require("snowballstemmer", "media").stemmer(STEMMERS[language])
    return made[language]


@dataclass(frozen=True)
class Lemma:
    """Writes each word as a dictionary lists it: "mice" as "mouse"; also makes lower case.

    Source: Barbaresi, simplemma (PyPI), for 23 languages; others stay as they are.
    """

    version: ClassVar[int] = 1

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """As many tokens."""
        return tuple(
            token._replace(text=_lemma(token.text.lower(), token.language))
            if token.language in LEMMAS
            else token
            for token in tokens
        )


@functools.lru_cache(maxsize=65536)
def _lemma(word: str, language: str) -> str:
    return str(require("simplemma", "media").lemmatize(word, lang=language)).lower()


@dataclass(frozen=True)
class PartOfSpeech:
    """Sets the tags of English and Chinese words, for the steps behind it."""

    version: ClassVar[int] = 1

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """As many tokens."""
        return tagged(tokens)


@dataclass(frozen=True)
class KeepTags:
    """Keeps words of some parts of speech; words that no tagger knows are kept too."""

    tags: tuple[str, ...] = ("NOUN", "PROPN", "VERB", "ADJ")  # universal parts of speech
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        unknown = [tag for tag in self.tags if tag not in UNIVERSAL]
        if unknown:
            raise BadData(f"{unknown[0]!r} is no tag; there are {', '.join(UNIVERSAL)}")

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Those words and the marks; tags are set first where they are not."""
        kept = {*self.tags, PUNCTUATION, ""}
        return tuple(token for token in tagged(tokens) if token.tag in kept)


@dataclass(frozen=True)
class MinLength:
    """Drops short words; a Chinese character counts as two letters."""

    letters: int = 3  # of a word that is kept; C++ and emoji are kept whatever their length
    version: ClassVar[int] = 1

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Long words, marks and what is no plain word."""
        return tuple(token for token in tokens if self._is_kept(token))

    def _is_kept(self, token: Token) -> bool:
        length = len(token.text) * (2 if token.language in ("zh", "ja", "ko") else 1)
        return length >= self.letters or not token.text.isalnum()


@dataclass(frozen=True)
class NGrams:
    """Adds phrases of neighbouring words: "brass lamp" beside "brass" and "lamp"."""

    most: int = 2  # words of a phrase
    version: ClassVar[int] = 1

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """The tokens, and behind them the phrases; none goes across a mark."""
        phrases: list[Token] = []
        for mark, words in groupby(tokens, lambda token: token.tag == PUNCTUATION):
            if not mark:
                run = [*words]
                for n in range(2, self.most + 1):
                    phrases += (_phrase(run[at : at + n]) for at in range(len(run) - n + 1))
        return (*tokens, *phrases)


def _phrase(words: list[Token]) -> Token:
    space = "" if all(word.language == "zh" for word in words) else " "
    return Token(space.join(word.text for word in words), language=words[0].language)


@dataclass(frozen=True)
class Pairs:
    """Adds every pair of neighbouring characters of Chinese, beside the words.

    So a text still meets another one where their words were cut in other places.
    """

    words: bool = True  # keep the words too
    version: ClassVar[int] = 1

    def __call__(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """The tokens, and the pairs behind each run of Chinese words."""
        out: list[Token] = []
        for chinese, words in groupby(tokens, lambda token: token.language == "zh"):
            run = [*words]
            if not chinese or self.words:
                out += run
            if chinese:
                text = "".join(word.text for word in run)
                pairs = range(len(text) - 1) if len(text) > 1 or self.words else range(1)
                out += (Token(text[at : at + 2], language="zh") for at in pairs)
        return tuple(out)

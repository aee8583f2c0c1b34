"""Segmentation: a text to its words, each script by its own rules."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from prismrec.media.text import PUNCTUATION, Token
from prismrec.media.text.chinese import chinese_words, is_chinese_word
from prismrec.media.text.language import Language, language_of
from prismrec.media.text.links import EMOJI
from prismrec.media.text.scripts import HAN, LATIN, SCRIPTS, UNSPACED

__all__ = ["segment"]

SURE = 0.8  # that words in Latin letters are not English
MARKS = "\u0300-\u036f\u064b-\u065f\u0900-\u0dff"  # of vowels and accents: parts of a word
LETTER = f"(?:[^\\W_\\d{HAN}{UNSPACED}]|[{MARKS}])"
# Names that hold a mark: C++, C#, .NET, AT&T, U.S.A.
NAME = (
    r"\b[A-Za-z](?:\+\+|\#)(?!\w)|(?<!\w)\.NET\b|\b[A-Z]{1,3}&[A-Z]{1,3}\b"
    r"|\b(?:[A-Za-z]\.){2,8}(?![A-Za-z])"
)
# 4,600  2.4GHz  50%  16:9  3D
NUMBER = r"\d+(?:[.,:/]\d+)*(?:[%‰]|°[CF]?|[A-Za-zµΩ]{1,4}(?![A-Za-z]))?"
WORD = f"{LETTER}(?:{LETTER}|\\d|['’-](?={LETTER}|\\d))*+"
CONTRACTION = re.compile(r"(.+?)(n't|'(?:s|re|ll|ve|d|m))", re.IGNORECASE)
WHOLE = {"ca": "can", "wo": "will", "sha": "shall"}  # before n't
SHORT = 2  # letters of a part that keep a compound together: T-shirt, USB-C, e-mail
GLUED = 3  # most Latin letters beside Han characters in one word: T恤, AA制


def segment(text: str) -> tuple[Token, ...]:
    """The words of a text and the marks between them, in order.

    Chinese is cut by dictionary. Kana, Hangul, Thai, Lao, Burmese and Khmer become overlapping
    pairs of characters, and so does Han in a Japanese text. Elsewhere spaces divide; contractions
    (don't: do, n't) and compounds (hand-made: hand, made; but T-shirt) are taken apart, numbers
    keep their unit. Of the tags, only PUNCT, SYM and NUM are set.

    Raises:
        MissingPackage: where jieba or py3langid is needed and not installed.
    """
    language = language_of(text)
    tokens: list[Token] = []
    end = -1
    for found in _parts(language.code == "ja").finditer(text):
        new = [*_tokens(found, language)]
        if found.start() == end and tokens and _are_one_word(tokens[-1], new[0]):
            new[0] = Token(tokens.pop().text + new[0].text, language="zh")
        if not (tokens and tokens[-1].tag == new[0].tag == PUNCTUATION):
            tokens += new
        end = found.end()
    return tuple(tokens)


@functools.cache
def _parts(japanese: bool) -> re.Pattern[str]:
    han, unspaced = (None, HAN + UNSPACED) if japanese else (HAN, UNSPACED)
    return re.compile(
        f"(?P<emoji>{EMOJI.pattern})|(?P<name>{NAME})|(?P<number>{NUMBER})|(?P<word>{WORD})"
        + (f"|(?P<han>[{han}]+)" if han else "")
        + f"|(?P<unspaced>[{unspaced}]+)"
        + r"|(?P<mark>[^\w\s])"
    )


def _tokens(found: re.Match[str], language: Language) -> Iterator[Token]:
    """At least one."""
    kind, text = found.lastgroup, found[0]
    if kind == "mark":
        yield Token(text, PUNCTUATION)
    elif kind in ("emoji", "number"):
        yield Token(text, "SYM" if kind == "emoji" else "NUM")
    elif kind == "han":
        yield from (Token(word, language="zh") for word in chinese_words(text))
    elif kind == "unspaced":
        pairs = (text[place : place + 2] for place in range(max(len(text) - 1, 1)))
        yield from (Token(pair, language=_code(text, language)) for pair in pairs)
    elif kind == "name":
        yield Token(text, language="en")
    else:
        code = _code(text, language)
        yield from (Token(word, language=code) for word in _words(text, code))


def _code(word: str, text: Language) -> str:
    """The language of a word by its script, and by the whole text where scripts share many."""
    languages = next((codes for letters, codes in _scripts() if letters.match(word)), ("und",))
    if text.code == "ja" and languages == ("zh",):
        return "ja"
    if languages == LATIN:
        return text.code if text.code in LATIN and text.confidence >= SURE else "en"
    return text.code if text.code in languages else languages[0]


@functools.cache
def _scripts() -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
    return [(re.compile(f"[{letters}]"), codes) for letters, codes in SCRIPTS]


def _words(text: str, code: str) -> Iterator[str]:
    """A word without its contractions; a compound part by part."""
    text = text.replace("’", "'")
    contracted = CONTRACTION.fullmatch(text) if code == "en" else None
    if contracted:
        before, after = contracted.groups()
        yield WHOLE.get(before.lower(), before) if after.lower() == "n't" else before
        yield after.lower()
        return
    for part in [text] if code == "en" else text.split("'"):
        pieces = part.split("-")
        yield from pieces if min(map(len, pieces)) > SHORT else [part]


def _are_one_word(before: Token, after: Token) -> bool:
    han = {before.language, after.language} & {"zh"}
    other = before if after.language == "zh" else after
    if not han or other.language == "zh" or len(other.text) > GLUED or not other.text.isalpha():
        return False
    return is_chinese_word(before.text + after.text)

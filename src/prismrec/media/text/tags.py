"""Parts of speech of tokens, by the tagger of each language."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from prismrec.media.text import PUNCTUATION, Token
from prismrec.media.text.chinese import chinese_tag
from prismrec.media.text.english import english_tags

__all__ = ["CONTENT", "FUNCTION", "tagged"]

CONTENT = ("NOUN", "PROPN", "VERB", "ADJ", "ADV")
FUNCTION = ("ADP", "AUX", "CCONJ", "DET", "PART", "PRON", "SCONJ")
ENDS = ".!?。！？…;；"  # of a sentence


def tagged(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens with universal parts of speech (universaldependencies.org/u/pos).

    English words are judged in their sentence, Chinese words each by itself. Tokens that have a
    tag keep it; words of other languages stay without.

    Raises:
        MissingPackage: where the tagger of a language that occurs is not installed.
    """
    return tuple(_tagged(tokens))


def _tagged(tokens: tuple[Token, ...]) -> Iterator[Token]:
    for end, part in groupby(tokens, _is_end):
        words = [*part]
        english = {} if end else _english(words)
        for place, token in enumerate(words):
            tag = chinese_tag(token.text) if token.language == "zh" else english.get(place, "")
            yield token if token.tag else token._replace(tag=tag)


def _is_end(token: Token) -> bool:
    return token.tag == PUNCTUATION and token.text in ENDS


def _english(sentence: list[Token]) -> dict[int, str]:
    """Tags by place; numbers are shown to the tagger too, since words lean on them."""
    if all(token.tag or token.language != "en" for token in sentence):
        return {}
    places = [
        place
        for place, token in enumerate(sentence)
        if token.tag != PUNCTUATION and token.language in ("en", "und")
    ]
    tags = english_tags([sentence[place].text for place in places])
    return dict(zip(places, tags, strict=True))

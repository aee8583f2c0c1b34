"""Token ids: the words of a text in order, as numbers, for models that learn to read."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.encoders.fields import check_positive
from prismrec.encoders.hashed_terms import CLEAN
from prismrec.encoders.weights import fingerprint_of, keys_of
from prismrec.media import decode_each
from prismrec.media.text import TextSteps, TokenSteps, decode_text
from prismrec.media.text.terms import terms
from prismrec.media.text.tokens import Stem, StopWords
from prismrec.types import Floats

__all__ = ["TokenIds"]

VERSION = 1  # of everything below that shapes the vectors
WORDS: TokenSteps = (StopWords(), Stem())  # few places, so none for function words


@dataclass(frozen=True)
class TokenIds:
    """Texts to the numbers of their first words, 1 to `vocabulary`, then 0 for places left over.

    A word's number is a hash of it: there is no list to keep, a new word has a number too, and
    about one word in `vocabulary` shares that of another. Chinese is cut into words by dictionary.
    Numbers near each other mean nothing, so these are of use to a network only (`joint-net`).
    """

    length: int = 32  # words of a text; the rest is cut off
    vocabulary: int = 8192  # different numbers
    steps: TextSteps = CLEAN  # applied to the text first
    tokens: TokenSteps = WORDS  # applied to its words

    modality = "text"
    layout = "tokens"

    def __post_init__(self) -> None:
        check_positive(self, "length")
        check_positive(self, "vocabulary")

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.length

    @property
    def fingerprint(self) -> str:
        """Changes with every field."""
        parts = (*keys_of(self.steps), "tokens", *keys_of(self.tokens))
        return fingerprint_of("token-ids", VERSION, self.length, self.vocabulary, *parts)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, length)."""
        out = np.zeros((len(media), self.length), np.float32)
        for row, words in enumerate(decode_each(media, self._words)):
            codes = [zlib.crc32(word.encode("utf-8", "replace")) for word in words]
            out[row, : len(codes)] = [1 + code % self.vocabulary for code in codes]
        return out

    def _words(self, data: bytes) -> list[str]:
        return terms(decode_text(data, steps=self.steps), self.tokens)[: self.length]

"""Hashed word counts: which words a text shares with another, without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.encoders.hashed_terms import CLEAN, WORDS, count_terms, hash_terms
from prismrec.encoders.weights import fingerprint_of, keys_of
from prismrec.media.text import TextSteps, TokenSteps
from prismrec.types import Floats

__all__ = ["HashedTfidf"]

VERSION = 2  # of everything below that shapes the vectors


@dataclass(frozen=True)
class HashedTfidf:
    """Texts to `dim` hashed term weights of unit length: 1 + log(count), signed.

    Terms are what `tokens` leaves of the words; by default stems without stop words, and for
    Chinese pairs of characters beside the words. An encoder sees one text at a time, so there is no
    inverse document frequency. A text without terms is 0.
    """

    dim: int = 1024  # length of a vector; fewer dimensions, more words that share one
    steps: TextSteps = CLEAN  # applied to the text first
    tokens: TokenSteps = WORDS  # applied to its words

    modality = "text"

    @property
    def fingerprint(self) -> str:
        """Changes with every field."""
        parts = (*keys_of(self.steps), "tokens", *keys_of(self.tokens))
        return fingerprint_of("tfidf", VERSION, self.dim, *parts)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        rows = [
            {term: 1 + np.log(count) for term, count in counts.items()}
            for counts in count_terms(media, self.steps, self.tokens)
        ]
        return hash_terms(rows, self.dim)

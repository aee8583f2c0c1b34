"""BM25 weights: shared words, where repeating one and being long count for less and less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prismrec.encoders.fields import check_positive
from prismrec.encoders.hashed_terms import CLEAN, WORDS, count_terms, hash_terms
from prismrec.encoders.weights import fingerprint_of, keys_of
from prismrec.errors import BadData
from prismrec.media.text import TextSteps, TokenSteps
from prismrec.types import Floats

__all__ = ["HashedBm25"]

VERSION = 1  # of everything below that shapes the vectors


@dataclass(frozen=True)
class HashedBm25:
    """Texts to `dim` hashed BM25 weights of unit length, signed.

    The weight of a term that stands c times in a text of l terms is c (k + 1) / (c + k (1 - b + b l
    / a)), with the fields k, b and a. An encoder sees one text at a time: what is usual in the
    catalogue, a, is a field, and there is no inverse document frequency (one from general word
    frequencies was tried and was worse on real texts; docs/preprocessing-text.md).

    Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
    """

    dim: int = 1024  # length of a vector; fewer dimensions, more words that share one
    steps: TextSteps = CLEAN  # applied to the text first
    tokens: TokenSteps = WORDS  # applied to its words
    saturation: float = 1.2  # k; the smaller, the less a repeated word adds
    length_share: float = 0.75  # b, 0 to 1; how far a long text is held against its words
    usual_length: float = 40.0  # a, terms of an ordinary text

    modality = "text"

    def __post_init__(self) -> None:
        check_positive(self, "saturation")
        check_positive(self, "usual_length")
        if not 0 <= self.length_share <= 1:
            raise BadData(f"length_share={self.length_share} is not between 0 and 1")

    @property
    def fingerprint(self) -> str:
        """Changes with every field."""
        numbers = (self.dim, float(self.saturation), self.length_share, float(self.usual_length))
        parts = (*keys_of(self.steps), "tokens", *keys_of(self.tokens))
        return fingerprint_of("bm25", VERSION, *map(float, numbers), *parts)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        counts = count_terms(media, self.steps, self.tokens)
        return hash_terms([self._weights(count) for count in counts], self.dim)

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        k, b = self.saturation, self.length_share
        long = 1 - b + b * counts.total() / self.usual_length
        return {term: n * (k + 1) / (n + k * long) for term, n in counts.items()}

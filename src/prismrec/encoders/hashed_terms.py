"""Hashed terms: counts of words in a vector of fixed length, without a vocabulary."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from prismrec.media import decode_each
from prismrec.media.text import TextSteps, TokenSteps, decode_text
from prismrec.media.text.characters import Invisible, Mojibake, Unicode
from prismrec.media.text.html import Html
from prismrec.media.text.terms import terms
from prismrec.media.text.tokens import Pairs, Stem, StopWords
from prismrec.types import Floats

__all__ = ["CLEAN", "WORDS", "count_terms", "hash_terms"]

# Chosen by docs/preprocessing-text.md.
CLEAN: TextSteps = (Mojibake(), Html(), Unicode(), Invisible())
WORDS: TokenSteps = (StopWords(), Stem(), Pairs())


def count_terms(media: Sequence[bytes], steps: TextSteps, tokens: TokenSteps) -> list[Counter[str]]:
    """How often each term stands in each text.

    Raises:
        BadMedia: for the first text that cannot be decoded, with its place.
        MissingPackage: where a step or a language needs a package that is not installed.
    """
    texts = decode_each(media, lambda data: decode_text(data, steps=steps))
    return [Counter(terms(text, tokens)) for text in texts]


def hash_terms(rows: Sequence[Mapping[str, float]], dim: int) -> Floats:
    """(n, dim) weights of terms, signed, each row of unit length; 0 without terms.

    Source: the hashing trick, Weinberger and others 2009 (arXiv 0902.2206).
    """
    out = np.zeros((len(rows), dim), np.float32)
    for row, weights in enumerate(rows):
        for term, weight in weights.items():
            code = zlib.crc32(term.encode("utf-8", "replace"))
            sign = 1 if code >> 31 else -1
            out[row, (code & 0x7FFFFFFF) % dim] += sign * weight
    out /= np.linalg.norm(out, axis=1, keepdims=True).clip(1e-9)
    return out

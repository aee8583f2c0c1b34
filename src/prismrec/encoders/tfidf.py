"""Hashed word counts: which words a text shares with another, without any model."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.encoders.weights import fingerprint_of
from prismrec.media import decode_each
from prismrec.media.text import decode_text
from prismrec.types import Floats

__all__ = ["HashedTfidf"]

VERSION = 1  # of everything below that shapes the vectors
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han characters
RUN = re.compile(f"[{CJK}]+|[^\\W{CJK}]+")


@dataclass(frozen=True)
class HashedTfidf:
    """Texts to `dim` hashed term weights of unit length: 1 + log(count), signed.

    Terms are lower-case words, and pairs of neighbouring characters where a script does not
    separate words (Chinese, Japanese). An encoder sees one text at a time, so there is no
    inverse document frequency: rare and common words weigh the same. A text without terms is 0.

    Source: the hashing trick, Weinberger and others 2009 (arXiv 0902.2206).
    """

    dim: int = 1024  # length of a vector; fewer dimensions, more words that share one

    modality = "text"

    @property
    def fingerprint(self) -> str:
        """Changes with `dim`."""
        return fingerprint_of("tfidf", VERSION, self.dim)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.zeros((len(media), self.dim), np.float32)
        for row, text in enumerate(decode_each(media, decode_text)):
            for term, count in Counter(_terms(text)).items():
                code = zlib.crc32(term.encode())
                sign = 1 if code >> 31 else -1
                out[row, (code & 0x7FFFFFFF) % self.dim] += sign * (1 + np.log(count))
        out /= np.linalg.norm(out, axis=1, keepdims=True).clip(1e-9)
        return out


def _terms(text: str) -> Iterator[str]:
    for run in RUN.findall(text.casefold()):
        if re.match(f"[{CJK}]", run) and len(run) > 1:
            yield from (run[place : place + 2] for place in range(len(run) - 1))
        else:
            yield run

"""Words: which texts of a catalogue hold the words of a request, rare ones counting more."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
from scipy import sparse

from prismrec.media.text.scripts import HAN, KANA
from prismrec.media.text.stopwords import STOP_WORDS
from prismrec.packages import require
from prismrec.types import Csr, Doubles, Floats, Ints

__all__ = ["WordIndex"]

SATURATION, LENGTH = 1.2, 0.75  # k1 and b of BM25
UNSPACED = re.compile(f"[{HAN}{KANA}]")
RUN = re.compile(f"[{HAN}{KANA}]+|[^\\W_{HAN}{KANA}]+(?:['’][^\\W_{HAN}{KANA}]+)*")
LIGHT = {*STOP_WORDS["zh"]} - set(
    "上下中内外前后里来去要会能把对向往时地得过"
)  # also parts of words
# What people call the goods of a whole shop: rare in its texts, so it would outweigh what is meant.
GOODS = {
    "movi",
    "film",
    "song",
    "music",
    "book",
    "product",
    "item",
    "电影",
    "影片",
    "歌曲",
    "音乐",
    "商品",
}
_ONE_AT_A_TIME = threading.Lock()


class WordIndex:
    """BM25 over the texts of a catalogue.

    Source: Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009;
    with the idf that is never negative, log(1 + (n - df + 0.5) / (df + 0.5)).
    """

    def __init__(self, texts: Sequence[str | None]) -> None:
        self.present = np.array([text is not None for text in texts], np.bool_)
        self._texts = texts

    def grown(self, rows: Ints, texts: Sequence[str | None]) -> WordIndex:
        """The index of a catalogue to which rows were appended, or some of whose texts changed.

        It finds what a new index finds; texts that stayed are not taken apart again.

        Args:
            rows: (n,) rising; those from the end of this index on are appended.
            texts: of each of the rows.
        """
        out = WordIndex(())
        n = max(len(self.present), int(rows.max(initial=-1)) + 1)
        out.present = np.zeros(n, np.bool_)
        out.present[: len(self.present)] = self.present
        out.present[rows] = [text is not None for text in texts]
        out._counted = self._counted.replaced(rows, texts)  # fills the cached property
        return out

    def match(self, text: str) -> Floats | None:
        """(n,) sums over the words of the text; None where no word of it is in the catalogue.

        They are divided by what a text of mean length would have that holds each word once, so 1
        means all of it. A word that no text has counts as one that a single text has.
        """
        columns = [*self._columns(text)]
        if not columns:
            return None
        n_unknown = len({term for term, _ in _asked(text)}) - len(columns)
        most = float(self._idf[columns].sum()) + n_unknown * _idf_of(1, int(self.present.sum()))
        return np.asarray(self._weights[:, columns].sum(axis=1) / most, np.float32).ravel()

    def shared(self, text: str, row: int) -> list[str]:
        """The words of the text that a row has, in the order of the text; pairs are joined."""
        columns = self._columns(text)
        adds = self._weights[[row]][:, [*columns]].toarray()[0]
        found: list[str] = []
        for add, word in zip(adds, columns.values(), strict=True):
            if add > 0 and found and UNSPACED.match(word) and found[-1] + word[1:] in text:
                found[-1] += word[1:]
            elif add > 0:
                found.append(word)
        return found

    def _columns(self, text: str) -> dict[int, str]:
        """Columns of the words of a request that the catalogue has, and how they are written."""
        known, frequency = self._vocabulary, self._counted.frequency
        return {
            known[term]: word
            for term, word in _asked(text)
            if term in known and frequency[known[term]]
        }

    @property
    def _vocabulary(self) -> dict[str, int]:
        return self._counted.vocabulary

    @property
    def _weights(self) -> Csr:
        return self._built[0]

    @property
    def _idf(self) -> Doubles:
        return self._built[1]

    @cached_property
    def _counted(self) -> _Counted:
        rows = np.arange(len(self._texts))
        return _Counted({}, _counts([], {})).replaced(rows, self._texts)

    @cached_property
    def _built(self) -> tuple[Csr, Doubles]:
        counts, n = self._counted.counts, int(self.present.sum())
        idf = _idf_of(self._counted.frequency, n)
        return _bm25(counts, idf, n=n), idf


class _Counted:
    """How often each text has each term; a term that no text has any more keeps its column."""

    def __init__(self, vocabulary: dict[str, int], counts: Csr) -> None:
        self.vocabulary, self.counts = vocabulary, counts
        self.frequency = np.bincount(counts.indices, minlength=counts.shape[1])

    def replaced(self, rows: Ints, texts: Sequence[str | None]) -> _Counted:
        """With other texts in some rows, of which those from the end on are appended."""
        vocabulary = dict(self.vocabulary)  # a copy: others may be reading the old one
        fresh = _counts(texts, vocabulary)
        n = self.counts.shape[0]
        place = np.arange(max(n, int(rows.max(initial=-1)) + 1))
        place[rows] = n + np.arange(len(rows))
        known = sparse.csr_array(
            (self.counts.data, self.counts.indices, self.counts.indptr),
            shape=(self.counts.shape[0], fresh.shape[1]),
        )
        return _Counted(vocabulary, sparse.csr_array(sparse.vstack([known, fresh])[place]))


def _counts(texts: Sequence[str | None], vocabulary: dict[str, int]) -> Csr:
    """(n, terms) counts; terms that are new are added to the vocabulary."""
    rows, columns = [], []
    for row, text in enumerate(texts):
        for term, _ in _terms(text or "", characters=True):
            rows.append(row)
            columns.append(vocabulary.setdefault(term, len(vocabulary)))
    shape = (len(texts), max(len(vocabulary), 1))
    counts = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    counts.sum_duplicates()
    return counts


def _idf_of(frequency: Any, n: int) -> Any:
    return np.log1p((n - frequency + 0.5) / (frequency + 0.5))


def _bm25(counts: Csr, idf: Doubles, *, n: int) -> Csr:
    length = np.asarray(counts.sum(axis=1)).ravel()
    norm = SATURATION * (1 - LENGTH + LENGTH * length / max(float(length.sum()) / max(n, 1), 1e-9))
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    data = counts.data * (SATURATION + 1) / (counts.data + norm[row]) * idf[counts.indices]
    return sparse.csr_array(
        (data.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape
    )


def _asked(text: str) -> list[tuple[str, str]]:
    """Terms of a request; names of goods only where there is nothing else."""
    found = [*_terms(text)]
    return [pair for pair in found if pair[0] not in GOODS] or found


def _terms(text: str, *, characters: bool = False) -> Iterator[tuple[str, str]]:
    """Terms, and how each is written: stems, and pairs of neighbouring Chinese characters.

    Dictionaries would cut Chinese better, at a hundred times the cost; a request has to find a
    word inside a longer one anyway. `characters` adds single ones, for requests of one.
    """
    for run in RUN.findall(text.casefold()):
        if not UNSPACED.match(run):
            if run not in STOP_WORDS["en"]:
                yield _stem(run), run
            continue
        pairs = [run[place : place + 2] for place in range(len(run) - 1)]
        singles = [*run] if characters or not pairs else []
        yield from ((term, term) for term in (*pairs, *singles) if not LIGHT & {term, *term})


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    with _ONE_AT_A_TIME:  # a stemmer keeps the word that it works on
        return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    return require("snowballstemmer", "media").stemmer("english")

"""Chinese words and what they are, by jieba's dictionary."""

from __future__ import annotations

import functools
import threading
import warnings
from typing import Any

from prismrec.packages import require

__all__ = ["chinese_tag", "chinese_words", "is_chinese_word"]

_ONE_AT_A_TIME = threading.RLock()  # around loading; cutting changes nothing

# First letters of jieba's tags -> universal tags; the longest that fits counts.
TAGS = {
    **{"n": "NOUN", "nr": "PROPN", "ns": "PROPN", "nt": "PROPN", "nz": "PROPN", "t": "NOUN"},
    **{"s": "NOUN", "f": "NOUN", "i": "NOUN", "j": "NOUN", "l": "NOUN", "q": "NOUN"},
    **{"v": "VERB", "a": "ADJ", "ad": "ADV", "an": "NOUN", "b": "ADJ", "z": "ADJ", "r": "PRON"},
    **{"m": "NUM", "d": "ADV", "p": "ADP", "c": "CCONJ", "u": "PART", "y": "PART", "h": "PART"},
    **{"k": "PART", "o": "INTJ", "e": "INTJ"},
}
AUXILIARIES = ("是", "会", "能", "可以", "应该", "应", "该", "必须", "可能", "能够", "愿意")


def chinese_words(text: str) -> list[str]:
    """Cut a run of Han characters into words.

    Source: jieba (the likeliest path through a dictionary of 349,046 words; a hidden Markov model
    for what the dictionary lacks). Raises MissingPackage where it is not installed.
    """
    return list(_segmenter().cut(text))


def is_chinese_word(text: str) -> bool:
    """Whether the dictionary has it: also words with Latin letters in them."""
    return bool(_segmenter().FREQ.get(text))


def chinese_tag(word: str) -> str:
    """Universal part of speech that a word has most often."""
    if word in AUXILIARIES:
        return "AUX"
    tagger = _tagger()
    found = tagger.word_tag_tab.get(word) or list(tagger.cut(word))[-1].flag
    return next((TAGS[found[:n]] for n in (2, 1) if found[:n] in TAGS), "X")


def _segmenter() -> Any:
    with _ONE_AT_A_TIME:  # or each of several threads would fill a table of its own
        return _filled_segmenter()


def _tagger() -> Any:
    with _ONE_AT_A_TIME:
        return _filled_tagger()


@functools.cache
def _filled_segmenter() -> Any:
    # jieba would keep its table as a file of its own in the shared temporary folder, where anybody
    # may have put another one. Filling the table here takes half a second and needs no file.
    segmenter = _quietly("jieba").Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter


@functools.cache
def _filled_tagger() -> Any:
    return _quietly("jieba.posseg").POSTokenizer(_segmenter())


def _quietly(module: str) -> Any:
    with warnings.catch_warnings():  # its patterns have escapes that newer Pythons warn of
        warnings.simplefilter("ignore")
        return require(module, "media")

"""Keywords: the words and short phrases that a text is about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.media.text import PUNCTUATION, Token
from prismrec.media.text.chinese import chinese_tag
from prismrec.media.text.segment import segment
from prismrec.media.text.tokens import MinLength, Stem, is_stop_word

__all__ = ["TextCounts", "count_texts", "keywords"]

WINDOW = 3  # words that stand so near support each other
DAMPING, ROUNDS = 0.85, 30  # of the random walk
MOST_WORDS = 1_000  # that are looked at, so that a book takes no longer than a chapter
PHRASE = 3  # words of the longest phrase
STEM, LONG = Stem(), MinLength(3)


@dataclass(frozen=True)
class TextCounts:
    """In how many texts of a catalogue each word stands."""

    texts: int
    texts_with: Mapping[str, int]  # by the stem of the word


def count_texts(texts: Iterable[str]) -> TextCounts:
    """Count the words of a catalogue, for `keywords`."""
    n, found = 0, Counter[str]()
    for text in texts:
        n += 1
        found.update({stem for stem, _ in _stems(text) if stem})
    return TextCounts(n, found)


def keywords(
    text: str, k: int = 5, *, catalogue: TextCounts | None = None
) -> list[tuple[str, float]]:
    """Up to k words or phrases as they stand in a text, with weights; the best has 1.

    With the counts of a catalogue a word weighs as much as it is frequent here and rare there
    (tf-idf). Without, words are weighed by a random walk between neighbours. Neighbours that both
    weigh much make one phrase. Function words never count, and of Chinese only nouns do.

    Source: Mihalcea and Tarau, "TextRank: Bringing Order into Texts", EMNLP 2004 (W04-3252).
    Departures: English needs no parts of speech; words that support each other may be 3 apart.
    """
    words = list(_stems(text))
    stems = [stem for stem, _ in words if stem]
    if not stems:
        return []
    weights = _walked(stems) if catalogue is None else _rare(stems, catalogue)
    many = max(2 * k, len(weights) // 3)
    strong = {stem for stem, _ in sorted(weights.items(), key=lambda pair: -pair[1])[:many]}
    phrases: dict[str, tuple[str, float]] = {}
    for run in _runs(words, strong):
        key = " ".join(sorted(stem for stem, _ in run))
        weight = sum(weights[stem] for stem, _ in run) / math.sqrt(len(run))
        phrases.setdefault(key, (_written([token for _, token in run]), weight))
    best = sorted(phrases.values(), key=lambda pair: -pair[1])[:k]
    return [(phrase, weight / best[0][1]) for phrase, weight in best]


def _stems(text: str) -> Iterator[tuple[str, Token]]:
    """Each token with its stem; "" for marks, numbers, and words without content."""
    tokens = segment(text)[:MOST_WORDS]
    kept = {token for token in LONG(tokens) if _may_be_keyword(token)}
    for token, stemmed in zip(tokens, STEM(tokens), strict=True):
        yield (stemmed.text.casefold() if token in kept else ""), token


def _may_be_keyword(token: Token) -> bool:
    if token.language == "zh" and chinese_tag(token.text) not in ("NOUN", "PROPN"):
        return False
    return token.tag not in (PUNCTUATION, "NUM") and not is_stop_word(token)


def _walked(stems: list[str]) -> dict[str, float]:
    """How often a walker who steps between near words comes by each."""
    place = {stem: row for row, stem in enumerate(dict.fromkeys(stems))}
    rows = np.array([place[stem] for stem in stems])
    links = np.zeros((len(place), len(place)))
    for apart in range(1, WINDOW + 1):
        np.add.at(links, (rows[apart:], rows[:-apart]), 1)
        np.add.at(links, (rows[:-apart], rows[apart:]), 1)
    np.fill_diagonal(links, 0)
    links /= links.sum(axis=0, keepdims=True).clip(1)
    # What is said twice counts twice: the walker starts at words as they stand, not at each once.
    start = np.bincount(rows) / len(rows)
    weight = start
    for _ in range(ROUNDS):
        weight = (1 - DAMPING) * start + DAMPING * links @ weight
    return dict(zip(place, weight.tolist(), strict=True))


def _rare(stems: list[str], catalogue: TextCounts) -> dict[str, float]:
    n = catalogue.texts
    return {
        stem: (1 + math.log(count)) * math.log((2 + n) / (1 + catalogue.texts_with.get(stem, 0)))
        for stem, count in Counter(stems).items()
    }


def _runs(words: list[tuple[str, Token]], strong: set[str]) -> Iterator[list[tuple[str, Token]]]:
    """Strong words that follow each other, at most `PHRASE`."""
    run: list[tuple[str, Token]] = []
    for word in (*words, ("", Token(""))):
        if run and (word[0] not in strong or len(run) == PHRASE or word in run):
            yield run
            run = []
        if word[0] in strong:
            run.append(word)


def _written(tokens: list[Token]) -> str:
    space = "" if all(token.language == "zh" for token in tokens) else " "
    return space.join(token.text for token in tokens)

"""Reasons: what a person can read of why an item matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.shop import Shop
from prismrec.encoders.colour_names import ColourNames
from prismrec.encoders.names import read_names
from prismrec.errors import BadMedia
from prismrec.media.load import loader
from prismrec.search.memo import Memo
from prismrec.search.words import WordIndex
from prismrec.types import Floats, Ints

__all__ = ["Reasons", "Taught", "Word"]

MOST = 3  # classes, words or titles that are shown
MOST_WORDS = 6
NEAR = 25  # pictures or sounds that a title is chosen from
PASSAGE = 90  # characters of a text that are shown
SENTENCE = re.compile(r"[^.!?。！？；;\n]+[.!?。！？；;]*")
TABLES = ("imagenet", "music_tags", "colours")
TRACE = 0.01  # probability below which a label is not mentioned


class Word(NamedTuple):
    """Something that can be read: a word, a title, a sentence; or a label and its share."""

    text: str
    chinese: str = ""  # where it is known
    share: float | None = None  # probability of a label, share of a colour, 0 to 1

    def __str__(self) -> str:
        share = "" if self.share is None else f"{self.share:.0%}"
        return " ".join(part for part in (self.text, self.chinese, share) if part)


class Taught(NamedTuple):
    """What a bridge was taught with."""

    media: Feature
    texts: Feature
    rows: Ints


class Reasons:
    """Looks at the media of the items that were found; nothing is computed for others."""

    def __init__(self, shop: Shop, memo: Memo | None = None) -> None:
        """`memo` may be that of an earlier state of the shop: it knows contents, not rows."""
        self.shop = shop
        self.memo = Memo() if memo is None else memo
        # Not ahead: a search is no occasion to fetch what could not be fetched for encoding.
        self._load = {name: loader(shop, name, ahead=False) for name in shop.item_media}

    def of_vector(self, encoder: Any, vector: Floats, row: int) -> list[Word]:
        """The passage that comes nearest, or the classes or tags that make an item match."""
        value = self.shop.item_media[encoder.modality].values[row]
        if value is None:
            return []
        if encoder.modality == "text":
            return [Word(_passage(value, encoder, vector, self.memo))]
        if not hasattr(encoder, "describe"):
            return []
        try:
            evidence = self.memo((encoder.fingerprint, value), lambda: self._seen(encoder, value))
        except BadMedia:  # it was readable when it was encoded
            return []
        gain = evidence
        if hasattr(encoder, "label_vectors"):  # what each label adds to the cosine, exactly
            gain = encoder.weights(evidence[None])[0] * (encoder.label_vectors @ vector)
        best = np.argsort(-gain * (evidence >= TRACE), kind="stable")[:MOST]
        best = best[(gain[best] > 0) & (evidence[best] >= TRACE)]
        names = _names(encoder)
        return [_labelled(names[place], evidence[place]) for place in best]

    def _seen(self, encoder: Any, value: str) -> Floats:
        content = self._load[encoder.modality](value)
        return np.asarray(encoder.describe([content])[0], np.float32)

    def words(self, index: WordIndex, text: str, row: int) -> list[Word]:
        """The words of a request that an item has."""
        return [Word(word) for word in index.shared(text, row)[:MOST_WORDS]]

    def colours(self, feature: Feature, names: Sequence[str], row: int) -> list[Word]:
        """The shares of colours in a picture."""
        places = [ColourNames.labels.index(name) for name in names]
        both = _names(ColourNames)
        return [_labelled(both[place], feature.values[row, place]) for place in places]

    def teachers(self, taught: Taught, vector: Floats, row: int) -> list[Word]:
        """Titles: of the items that look or sound most alike, those whose texts match best.

        The bridge weighs all items it was taught; these are the ones that show best what it does.
        """
        media, texts, rows = taught
        rows = rows[rows != row]
        mine = media.values[row]
        alike = media.values[rows] @ mine / np.linalg.norm(media.values[rows], axis=1).clip(1e-12)
        nearest = rows[np.argsort(-alike, kind="stable")[:NEAR]]
        best = np.argsort(-(texts.values[nearest] @ vector), kind="stable")[: MOST - 1]
        return [Word(self.shop.titles[int(nearest[place])]) for place in best]


def _passage(text: str, encoder: Any, vector: Floats, memo: Memo) -> str:
    parts = [part.strip() for part in SENTENCE.findall(text) if part.strip()] or [text]
    best: str = parts[0]
    if len(parts) > 1:
        raw = [part.encode("utf-8", "replace") for part in parts]
        vectors = memo((encoder.fingerprint, text), lambda: encoder(raw))
        best = parts[int(np.argmax(vectors @ vector))]
    return best if len(best) <= PASSAGE else best[: PASSAGE - 1].rstrip() + "…"


def _labelled(name: tuple[str, str], share: float) -> Word:
    return Word(name[0], name[1], float(share))


def _names(encoder: Any) -> Sequence[tuple[str, str]]:
    """Labels in both languages where they are ours."""
    for table in map(read_names, TABLES):
        if tuple(name.english for name in table) == tuple(encoder.labels):
            return table
    return [(label, "") for label in encoder.labels]

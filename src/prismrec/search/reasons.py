"""Reasons: what a person can read of why an item matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.shop import Shop
from prismrec.encoders.colour_names import ColourNames
from prismrec.encoders.names import read_names
from prismrec.errors import BadMedia
from prismrec.media.load import loader
from prismrec.types import Floats, Ints

__all__ = ["Reasons"]

MOST = 3  # classes, words or titles that are shown
NEAR = 25  # pictures or sounds that a title is chosen from
PASSAGE = 90  # characters of a text that are shown
SENTENCE = re.compile(r"[^.!?。！？；;\n]+[.!?。！？；;]*")
TABLES = ("imagenet", "music_tags", "colours")
TRACE = 0.01  # probability below which a label is not mentioned


class Reasons:
    """Looks at the media of the items that were found; nothing is computed for others."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def of_vector(self, encoder: Any, vector: Floats, row: int) -> list[str]:
        """The passage that comes nearest, or the classes or tags that make an item match."""
        value = self.shop.item_media[encoder.modality].values[row]
        if value is None:
            return []
        if encoder.modality == "text":
            return [_passage(value, encoder, vector)]
        if not hasattr(encoder, "describe"):
            return []
        try:
            content = loader(self.shop, encoder.modality)(value)
            evidence = encoder.describe([content])[0]
        except BadMedia:  # it was readable when it was encoded
            return []
        gain = evidence
        if hasattr(encoder, "label_vectors"):  # what each label adds to the cosine, exactly
            gain = encoder.weights(evidence[None])[0] * (encoder.label_vectors @ vector)
        best = np.argsort(-gain * (evidence >= TRACE), kind="stable")[:MOST]
        best = best[(gain[best] > 0) & (evidence[best] >= TRACE)]
        names = _names(encoder)
        return [
            f"{names[place]} {evidence[place]:.0%}"
            for place in best
            if gain[place] > 0 and evidence[place] >= TRACE
        ]

    def colours(self, feature: Feature, names: Sequence[str], row: int) -> list[str]:
        """The shares of colours in a picture."""
        places = [ColourNames.labels.index(name) for name in names]
        both = _names(ColourNames)
        return [f"{both[place]} {feature.values[row, place]:.0%}" for place in places]

    def teachers(
        self, near: tuple[Feature, Feature], rows: Ints, vector: Floats, row: int
    ) -> list[str]:
        """Titles: of the items that look or sound most alike, those whose texts match best.

        The bridge weighs all items it was taught; these are the ones that show best what it does.
        """
        media, texts = near
        rows = rows[rows != row]
        mine = media.values[row]
        alike = media.values[rows] @ mine / np.linalg.norm(media.values[rows], axis=1).clip(1e-12)
        nearest = rows[np.argsort(-alike, kind="stable")[:NEAR]]
        best = np.argsort(-(texts.values[nearest] @ vector), kind="stable")[: MOST - 1]
        return [self.shop.titles[int(nearest[place])] for place in best]


def _passage(text: str, encoder: Any, vector: Floats) -> str:
    parts = [part.strip() for part in SENTENCE.findall(text) if part.strip()] or [text]
    vectors = encoder([part.encode("utf-8", "replace") for part in parts])
    best: str = parts[int(np.argmax(vectors @ vector))]
    return best if len(best) <= PASSAGE else best[: PASSAGE - 1].rstrip() + "…"


def _names(encoder: Any) -> Sequence[str]:
    """Labels in both languages where they are ours."""
    for table in map(read_names, TABLES):
        if tuple(name.english for name in table) == tuple(encoder.labels):
            return [f"{name.english} {name.chinese}" for name in table]
    return list(encoder.labels)

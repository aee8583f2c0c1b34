"""Evidence: what two items have in common, in numbers and in words that a person can check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.shop import Shop
from prismrec.encoders.colour_names import COLOURS, ColourNames
from prismrec.encoders.names import read_names
from prismrec.errors import BadMedia, MissingPackage
from prismrec.explain.columns import Columns
from prismrec.graph.neighbours import centre_of, unit
from prismrec.media.load import loader
from prismrec.media.text.keywords import TextCounts, count_texts
from prismrec.media.text.segment import segment
from prismrec.media.text.tokens import Stem
from prismrec.types import Floats

__all__ = ["Evidence", "Likeness"]

MOST = 4  # words of one kind
TEXTS = 3000  # of a catalogue in which words are counted
TRACE = 0.1  # share of a colour, or probability of a label, that both items must have
TABLES = ("imagenet", "music_tags", "colours")
WORDS, COLOUR, SEEN, HEARD = "words", "colours", "seen in both", "heard in both"


@dataclass(frozen=True)
class Likeness:
    """How two items compare in one modality; nothing is said of media that are not there."""

    modality: str
    missing: tuple[str, ...] = ()  # "item" or "past" where that one lacks the medium
    cosine: float | None = None  # of the vectors after their mean is subtracted; None if missing
    place: int | None = None  # of the past item among all others by likeness to the item; 1 is best
    of: int = 0  # how many others have the medium
    shared: Mapping[str, tuple[str, ...]] | None = None  # kind -> what both have


class Evidence:
    """Compares items of a shop; media are read only for the pairs that are asked for."""

    def __init__(
        self, shop: Shop, items: Mapping[str, Feature], encoders: Mapping[str, Any] | None = None
    ) -> None:
        """Take the shop, the vectors of its items and, to name what is seen or heard, encoders.

        Args:
            shop: where the media lie; they are read within its folder and limits.
            items: modality -> (n_items, d).
            encoders: modality -> encoder; those with `describe` and `labels` name things.
        """
        self.shop, self.items = shop, items
        self.encoders = {
            name: encoder
            for name, encoder in (encoders or {}).items()
            if hasattr(encoder, "describe") and hasattr(encoder, "labels")
        }
        self._columns = Columns(shop)
        self._units: dict[str, Floats] = {}
        self._described: dict[tuple[str, int], dict[str, float]] = {}
        self._counts: TextCounts | None = None

    def columns(self, item: int, past: int) -> dict[str, tuple[str, ...]]:
        """Column of the items table -> the names that stand there for both."""
        return self._columns.shared(item, past)

    def between(self, item: int, past: int, modality: str) -> Likeness:
        """Compare two items in one modality."""
        feature = self.items[modality]
        pair = (("item", item), ("past", past))
        missing = tuple(side for side, row in pair if not feature.present[row])
        if missing:
            return Likeness(modality, missing)
        if modality not in self._units:
            self._units[modality] = unit(feature, centre_of(feature))
        cosines = self._units[modality] @ self._units[modality][item]
        others = feature.present.copy()
        others[item] = False
        place = 1 + int((cosines[others] > cosines[past]).sum())
        shared = self._shared(item, past, modality)
        return Likeness(modality, (), float(cosines[past]), place, int(others.sum()), shared)

    def _shared(self, item: int, past: int, modality: str) -> dict[str, tuple[str, ...]]:
        kinds: dict[str, Callable[[], tuple[str, ...]]] = {}
        if modality == "text":
            kinds[WORDS] = lambda: self._words(item, past)
        if modality == "image":
            kinds[COLOUR] = lambda: self._labels(ColourNames(), item, past)
        if modality in self.encoders:
            kind = {"image": SEEN, "audio": HEARD}.get(modality, f"{modality} in both")
            kinds[kind] = lambda: self._labels(self.encoders[modality], item, past)
        found = {}
        for kind, look in kinds.items():
            try:
                found[kind] = look()
            except (BadMedia, MissingPackage):  # the numbers above need neither; `check` tells
                continue
        return {kind: words for kind, words in found.items() if words}

    def _words(self, item: int, past: int) -> tuple[str, ...]:
        """Words of both texts, the rarest in the catalogue first, as the item's text has them."""
        media = self.shop.item_media.get("text")
        if media is None:
            return ()
        texts = [media.values[row] or "" for row in (item, past)]
        if self._counts is None:
            there = [text for text in media.values if text is not None]
            step = max(1, len(there) // TEXTS)
            self._counts = count_texts(there[::step])
        stems = [count_texts([text]).texts_with for text in texts]
        both = stems[0].keys() & stems[1].keys()
        rare = {stem: self._counts.texts_with.get(stem, 0) for stem in both}
        tokens = segment(texts[0])
        written = {
            stemmed.text.casefold(): token.text
            for token, stemmed in reversed(list(zip(tokens, Stem()(tokens), strict=True)))
        }
        best = sorted(both & written.keys(), key=lambda stem: (rare[stem], stem))[:MOST]
        return tuple(written[stem] for stem in best)

    def _labels(self, encoder: Any, item: int, past: int) -> tuple[str, ...]:
        """What an encoder names in both, by the smaller of the two shares."""
        mine, other = (self._description(encoder, row) for row in (item, past))
        both = {name: min(mine[name], other[name]) for name in mine}
        best = sorted(both, key=lambda name: -both[name])[:MOST]
        return tuple(name for name in best if both[name] >= TRACE)

    def _description(self, encoder: Any, row: int) -> dict[str, float]:
        key = encoder.fingerprint, row
        if key not in self._described:
            media = self.shop.item_media.get(encoder.modality)
            value = None if media is None else media.values[row]
            shares: Sequence[float] = ()
            if value is not None:
                content = loader(self.shop, encoder.modality, ahead=False)(value)
                shares = encoder.describe([content])[0].tolist()
            names = _names(encoder)[: len(COLOURS) if isinstance(encoder, ColourNames) else None]
            self._described[key] = dict(zip(names, shares or np.zeros(len(names)), strict=False))
        return self._described[key]


def _names(encoder: Any) -> list[str]:
    """Labels, with their Chinese names where we have them."""
    for table in map(read_names, TABLES):
        if [name.english for name in table] == list(encoder.labels):
            return [f"{name.english} {name.chinese}".strip() for name in table]
    return list(encoder.labels)

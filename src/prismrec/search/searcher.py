"""Searcher: a catalogue that answers words, pictures and sounds, and says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.shop import Shop
from prismrec.encode import Progress, encode_media
from prismrec.encoders import Encoder
from prismrec.encoders.choice import encoder_of
from prismrec.encoders.colour_names import COLOURS, ColourNames
from prismrec.encoders.conse import ConseAudio, ConseImage
from prismrec.encoders.use import UseMultilingual
from prismrec.errors import BadData
from prismrec.search.bridge import Bridge, learn
from prismrec.search.evidence import (
    HIGHEST,
    STRENGTHS,
    Evidence,
    Why,
    cosines,
    likeness_of_colours,
    of_colours,
    standardised,
)
from prismrec.search.growth import changed, patched, retold, rows_of
from prismrec.search.reasons import Reasons, Taught, Word
from prismrec.search.request import Request, Said, understand
from prismrec.search.words import WordIndex
from prismrec.store import Store
from prismrec.types import MODALITIES, Bools, Floats, Ints

__all__ = ["ENCODERS", "Hit", "Reason", "Searcher", "search"]

# By modality: the first encoder compares media of its kind with each other and, for pictures and
# sounds, teaches the bridge; those that have a space compare them with other modalities.
ENCODERS: Mapping[str, tuple[str | Encoder, ...]] = {
    "image": ("efficientnet-lite0", "conse-image", "colour-names"),
    "text": ("use-multilingual",),
    "audio": ("musicnn", "conse-audio"),
}
SAME = {"image": "looks", "text": "meaning", "audio": "sounds"}
NOTABLE = 0.5  # standard deviations above the catalogue from which a reason is spelt out


@dataclass(frozen=True)
class Reason:
    """One respect in which an item matches."""

    kind: str  # "words", "meaning", "colours", "seen", "heard", "learnt", "looks", ...
    modality: str  # of the item
    adds: float  # to the score
    standard: float  # standard deviations above the mean of the catalogue
    words: tuple[Word, ...]  # what can be read: words, classes, colours, titles


@dataclass(frozen=True)
class Hit:
    """An item that was found."""

    row: int
    item: str  # identifier
    title: str
    score: float  # the sum of what the reasons add: logarithmic odds of being meant, see Evidence
    reasons: tuple[Reason, ...]  # those that add most first

    @property
    def shares(self) -> dict[str, float]:
        """Of what speaks for the item, the share of each modality; they sum to 1."""
        gains: dict[str, float] = {}
        for reason in self.reasons:
            gains[reason.modality] = gains.get(reason.modality, 0.0) + max(reason.adds, 0.0)
        total = sum(gains.values()) or 1.0
        return {modality: gain / total for modality, gain in gains.items() if gain > 0}


def search(
    shop: Shop,
    text: str = "",
    *,
    image: bytes | None = None,
    audio: bytes | None = None,
    k: int = 10,
) -> list[Hit]:
    """The k items that match words, a picture, a sound, or several of these together.

    Words in Chinese and English are compared with texts, and with pictures and sounds by what is
    recognised in them. Who searches more than once makes a `Searcher`, which also takes other
    encoders, and restricts what is looked at.

    Raises:
        BadData: where nothing is asked for.
        BadMedia: where the picture or the sound cannot be read.
        MissingPackage: where an encoder is not installed.
    """
    return Searcher(shop)(Request(text, image, audio), k=k)


class Searcher:
    """A shop's catalogue, ready to be searched; vectors are made when they are first needed.

    Raises:
        BadData, UnknownName, MissingPackage: where an encoder cannot be had.
    """

    def __init__(
        self,
        shop: Shop,
        encoders: Mapping[str, Sequence[str | Encoder]] = ENCODERS,
        *,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.shop = replace(shop, user_media={}, user_features={})
        self._store, self._progress = store, progress
        self.encoders: dict[str, list[Any]] = {
            modality: [encoder_of(e, modality) if isinstance(e, str) else e for e in chosen]
            for modality, chosen in encoders.items()
        }
        self._features: dict[str, Feature] = {}
        self._bridges: dict[str, Bridge] = {}

    def __call__(
        self,
        request: Request,
        *,
        k: int = 10,
        modalities: Sequence[str] = (),
        only: Ints | None = None,
    ) -> list[Hit]:
        """The k items that match best; fewer where fewer have anything to be compared.

        Args:
            request: what is asked for.
            k: how many.
            modalities: of the items, what is looked at; by default the medium that the words name
                ("poster", 海报), else all.
            only: (n,) rows of items that may be found; all where None. Scores stay the same.

        Raises:
            BadData: where nothing in the request can be compared with anything in the shop.
            BadMedia: where the picture or the sound cannot be read.
        """
        found = self.evidence(request, modalities)
        if not found:
            what = " or ".join(modalities) or "anything"
            raise BadData(f"nothing in the request can be compared with {what} in {self.shop.name}")
        score = np.sum([each.adds for each in found], axis=0)
        there = np.any([np.isfinite(each.standard) for each in found], axis=0)
        if only is not None:
            allowed = np.zeros(len(there), np.bool_)
            allowed[only[only < len(there)]] = True
            there &= allowed
        rows = np.flatnonzero(there)
        best = rows[np.argsort(-score[rows], kind="stable")[:k]]
        return [self._hit(int(row), float(score[row]), found) for row in best]

    def evidence(self, request: Request, modalities: Sequence[str] = ()) -> list[Evidence]:
        """Everything that can be held against a request, each with a score of every item."""
        said = understand(request.text)
        there = [name for name in MODALITIES if name in self.shop.item_media]
        named = [name for name in said.media if name in there]
        found: list[Evidence] = []
        for modality in there:
            if modality in (modalities or named or there):
                found += self._of_words(said) if modality == "text" else []
                for place, encoder in enumerate(self.encoders.get(modality, ())):
                    found += self._of_encoder(encoder, request, said, first=not place)
        return found

    def grown(self, shop: Shop, *, learn_again: bool = False) -> Searcher:
        """A searcher of a later state of the catalogue; this one goes on unchanged.

        Rows keep their place: new ones are appended, and the media of some may be others now.
        Only those are encoded, and what was made of the rest is used again. What the texts teach
        about pictures and sounds is learnt anew only with `learn_again`.
        """
        out = copy(self)
        out.shop = replace(shop, user_media={}, user_features={})
        out._bridges = {}
        out._features = {}
        for modality, chosen in self.encoders.items():
            for encoder in chosen:
                out._take_over(encoder, self)
            if modality in self._bridges and not learn_again:
                media = out.feature(chosen[0])
                new = changed(self.shop, out.shop, chosen[0])
                out._bridges[modality] = self._bridges[modality].grown(media, new)
        out.__dict__["_reasons"] = Reasons(out.shop, self._reasons.memo)
        if "_words" in out.__dict__ and "text" in out.shop.item_media:
            rows = retold(self.shop, out.shop)
            out.__dict__["_words"] = self._words.grown(rows, out._titled(rows))
        return out

    def prepare(self) -> None:
        """Make everything that searching needs: vectors, the word index and bridges."""
        for modality, chosen in self.encoders.items():
            if modality in self.shop.item_media:
                for encoder in chosen:
                    self.feature(encoder)
        if "text" not in self.shop.item_media:
            return
        self._words.match("a")
        for modality in self.encoders:
            if modality != "text" and modality in self.shop.item_media and self.encoders["text"]:
                self.bridge(modality)

    def _take_over(self, encoder: Encoder, before: Searcher) -> None:
        """The vectors of an earlier searcher, with those of rows that it does not have."""
        known = before._features.get(encoder.fingerprint)
        if known is None or encoder.modality not in self.shop.item_media:
            return
        new = changed(before.shop, self.shop, encoder)
        found = None
        if len(new):
            part = rows_of(self.shop, new)
            out = encode_media(part, {encoder.modality: encoder}, store=self._store)
            found = out.data.items[encoder.modality]
        self._features[encoder.fingerprint] = patched(known, found, new, n=len(self.shop.item_ids))

    def feature(self, encoder: Encoder) -> Feature:
        """(n_items, d) vectors of one encoder."""
        if encoder.fingerprint not in self._features:
            out = encode_media(
                self.shop,
                {encoder.modality: encoder},
                store=self._store,
                progress=self._progress,
            )
            self._features[encoder.fingerprint] = out.data.items[encoder.modality]
        return self._features[encoder.fingerprint]

    def bridge(self, modality: str) -> Bridge:
        """What the shop's own texts teach about its pictures or sounds."""
        if modality not in self._bridges:
            media, texts = (self.feature(self.encoders[m][0]) for m in (modality, "text"))
            self._bridges[modality] = learn(media, texts)
        return self._bridges[modality]

    def _of_words(self, said: Said) -> Iterator[Evidence]:
        match = self._words.match(said.words)
        if match is not None:
            why = partial(self._reasons.words, self._words, said.words)
            standard = np.where(self._words.present, (HIGHEST * match).clip(max=HIGHEST), np.nan)
            yield Evidence("words", "text", STRENGTHS["words"], standard, why)

    def _of_encoder(
        self, encoder: Any, request: Request, said: Said, *, first: bool
    ) -> Iterator[Evidence]:
        """What one encoder of the items' media has to say to each part of a request."""
        modality = encoder.modality
        if isinstance(encoder, ColourNames):
            yield from self._of_colours(encoder, request.image, said.colours)
            return
        for asked, content in self._contents(request, said, modality):
            asker = encoder if asked == modality else self._asker(asked, encoder)
            if asker is not None and (first or asked != modality):
                vector = asker([content])[0]
                kind = _kind(encoder, asked)
                yield self._of_vector(kind, encoder, vector)
            if first and asked == "text" != modality:
                yield from self._learnt(modality, content)

    def _contents(self, request: Request, said: Said, modality: str) -> list[tuple[str, bytes]]:
        """Modality and content of each part of a request, as items of a modality are asked."""
        text = said.words if modality == "text" else said.things
        parts = {"text": text.encode(), "image": request.image, "audio": request.audio}
        return [(name, content) for name, content in parts.items() if content]

    def _asker(self, modality: str, encoder: Any) -> Any:
        """The encoder of another modality into the same space, if there is one."""
        space = getattr(encoder, "space", None)
        if space is None:
            return None
        same = (e for e in self.encoders.get(modality, ()) if getattr(e, "space", None) == space)
        return next(same, None)

    def _of_vector(self, kind: str, encoder: Any, vector: Floats) -> Evidence:
        feature = self.feature(encoder)
        match = cosines(feature, vector)
        why = partial(self._reasons.of_vector, encoder, vector)
        return _evidence(kind, encoder.modality, match, feature.present, why)

    def _of_colours(
        self, encoder: Encoder, image: bytes | None, names: Sequence[str]
    ) -> Iterator[Evidence]:
        feature = self.feature(encoder)
        if names:
            match = of_colours(feature, names)
            why = partial(self._reasons.colours, feature, names)
            yield _evidence("colours", "image", match, feature.present, why)
        if image is not None:
            vector = encoder([image])[0]
            match = likeness_of_colours(feature, vector)
            main = [COLOURS[place] for place in np.argsort(-vector[: len(COLOURS)])[:2]]
            why = partial(self._reasons.colours, feature, main)
            yield _evidence("palette", "image", match, feature.present, why)

    def _learnt(self, modality: str, text: bytes) -> Iterator[Evidence]:
        """What the bridge says; nothing where the shop has no texts, or they teach nothing."""
        readers = self.encoders.get("text")
        if not readers or "text" not in self.shop.item_media:
            return
        bridge = self.bridge(modality)
        if bridge.strength > 0:
            vector = readers[0]([text])[0]
            standard = standardised(cosines(bridge.predicted, vector), bridge.predicted.present)
            media, texts = self.feature(self.encoders[modality][0]), self.feature(readers[0])
            why = partial(self._reasons.teachers, Taught(media, texts, bridge.teachers), vector)
            yield Evidence("learnt", modality, bridge.strength, standard, why)

    def _hit(self, row: int, score: float, found: Sequence[Evidence]) -> Hit:
        reasons = [
            Reason(
                each.kind,
                each.modality,
                float(each.adds[row]),
                float(each.standard[row]),
                tuple(each.why(row)) if each.standard[row] > NOTABLE else (),
            )
            for each in found
            if np.isfinite(each.standard[row])
        ]
        reasons.sort(key=lambda reason: -reason.adds)
        return Hit(row, self.shop.item_ids[row], self.shop.titles[row], score, tuple(reasons))

    @cached_property
    def _words(self) -> WordIndex:
        return WordIndex(self._titled(np.arange(len(self.shop.item_ids))))

    def _titled(self, rows: Ints) -> list[str | None]:
        ids, titles = self.shop.item_ids, self.shop.titles
        texts = self.shop.item_media["text"].values
        return [_with_title(ids[row], titles[row], texts[row] or "") for row in rows.tolist()]

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self.shop)


def _with_title(name: str, title: str, text: str) -> str | None:
    """A text that its title stands in once; None where there is neither."""
    if title == name or title in text:
        return text or None
    return f"{title}\n{text}"


def _kind(encoder: Any, asked: str) -> str:
    if asked == encoder.modality:
        return SAME[asked]
    if not isinstance(encoder, ConseImage | ConseAudio | UseMultilingual):
        return "joint"
    return "crossed" if asked != "text" else {"image": "seen", "audio": "heard"}[encoder.modality]


def _evidence(kind: str, modality: str, match: Floats, present: Bools, why: Why) -> Evidence:
    return Evidence(kind, modality, STRENGTHS[kind], standardised(match, present), why)

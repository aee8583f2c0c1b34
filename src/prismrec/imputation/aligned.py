"""Aligned: an item that lacks a picture gets the mean of the pictures that suit its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec import registry
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.neighbours import knn
from prismrec.imputation import filled
from prismrec.reduction import Projection
from prismrec.types import Bools, Floats

__all__ = ["Aligned"]


@dataclass(frozen=True)
class Aligned:
    """The mean over the `k` nearest vectors of the missing modality in a space that all share.

    An item lies where the modalities that it has lie on average. The space is that of an alignment,
    see `prismrec list alignments`; where no two modalities go together, nothing is guessed.

    Relations: `neighbours` looks for items with like texts and takes their pictures; this looks for
    the pictures themselves, also of items without text.
    """

    by: str = "ridge-map"  # alignment, with its fields in brackets
    k: int = 10  # vectors that are averaged

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BadData(f"aligned: k is at least 1, not {self.k}")

    def fit(self, items: Mapping[str, Feature]) -> _Space:
        """Learn the space, and keep where the vectors lie."""
        (alignment,) = registry.build_steps("alignments", self.by)
        try:
            maps = alignment.fit(items)
        except BadData:  # no two modalities, or never together
            return _Space(self.k, {}, {})
        known = {name: items[name].values[items[name].observed] for name in maps}
        return _Space(self.k, maps, known)


@dataclass(frozen=True, eq=False)
class _Space:
    k: int
    maps: Mapping[str, Projection]
    known: Mapping[str, Floats]  # vectors that are averaged

    def __call__(self, items: Mapping[str, Feature]) -> dict[str, Feature]:
        return {name: self._filled(name, items) for name in items}

    def _filled(self, name: str, items: Mapping[str, Feature]) -> Feature:
        feature = items[name]
        if name not in self.maps:
            return feature
        place, has_any = self._place(items)
        rows = np.flatnonzero(~feature.present & has_any)
        graph = knn(self.maps[name](self.known[name]), self.k, of=place[rows])
        weight = np.asarray(graph.sum(axis=1)).ravel()
        rows, graph = rows[weight > 0], graph[weight > 0]
        wanted = np.zeros(len(feature), np.bool_)
        wanted[rows] = True
        guesses = (graph @ self.known[name]) / weight[weight > 0, None]
        return filled(feature, wanted, guesses.astype(np.float32))

    def _place(self, items: Mapping[str, Feature]) -> tuple[Floats, Bools]:
        """(n, k) where each item lies by what it has, and which have anything."""
        n = len(next(iter(items.values())))
        total = np.zeros((n, next(iter(self.maps.values())).dim), np.float32)
        has_any = np.zeros(n, np.bool_)
        for name, projection in self.maps.items():
            feature = items[name].observed_only()
            total += projection.apply(feature).values
            has_any |= feature.present
        return total / np.linalg.norm(total, axis=1, keepdims=True).clip(1e-12), has_any

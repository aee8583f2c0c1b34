"""Neighbours: an item that lacks a picture gets the mean picture of those that read alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.neighbours import knn
from prismrec.imputation import filled
from prismrec.imputation.sources import Sources
from prismrec.types import Floats

__all__ = ["Neighbours"]


@dataclass(frozen=True)
class Neighbours:
    """The mean over the `k` items most alike in the other modalities, weighed by how alike.

    Alikeness is the sum of cosines over the modalities that both have, so a row is found by
    whatever it has. Without a neighbour of positive likeness a row stays absent.

    Source: Troyanskaya and others 2001 (KNNimpute), with cosine and several modalities.
    """

    k: int = 10  # neighbours that are averaged

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BadData(f"neighbours: k is at least 1, not {self.k}")

    def fit(self, items: Mapping[str, Feature]) -> _Known:
        """Keep the rows from which others are guessed."""
        known = {}
        for name, feature in items.items():
            sources = Sources.of(items, name)
            vectors, has_any = sources(items)
            rows = np.flatnonzero(feature.observed & has_any)
            known[name] = (sources, vectors[rows], feature.values[rows])
        return _Known(self.k, known)


@dataclass(frozen=True, eq=False)
class _Known:
    k: int
    known: Mapping[str, tuple[Sources, Floats, Floats]]  # where rows lie, and what they have

    def __call__(self, items: Mapping[str, Feature]) -> dict[str, Feature]:
        out = {}
        for name, feature in items.items():
            sources, vectors, values = self.known[name]
            asked, has_any = sources(items)
            rows = np.flatnonzero(~feature.present & has_any)
            graph = knn(vectors, self.k, of=asked[rows])
            weight = np.asarray(graph.sum(axis=1)).ravel()
            rows, graph = rows[weight > 0], graph[weight > 0]
            guesses = (graph @ values) / weight[weight > 0, None]
            wanted = np.zeros(len(feature), np.bool_)
            wanted[rows] = True
            out[name] = filled(feature, wanted, guesses.astype(np.float32))
        return out

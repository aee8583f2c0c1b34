"""Content-kNN: items that look, read or sound like what the history holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from prismrec import saving
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.neighbours import centre_of, knn, prune, unit
from prismrec.graph.normalise import scaled
from prismrec.graph.support import popularity
from prismrec.rankers import ItemWeights, Part, Query, Shares
from prismrec.rankers.item_weights import count_new
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.types import Csr, Floats, Ints

__all__ = ["ContentKnn", "ContentRanker"]

TIE = 1e-6  # of popularity: decides between equals, and for people without history


@dataclass(frozen=True)
class ContentKnn:
    """Score = sum over the history of the similarity to the item, averaged over its modalities.

    Similarity is the cosine after the mean vector is subtracted; an item is reached through its
    nearest neighbours only. An item with no media scores NaN; a modality that an item lacks
    leaves its mean without bias. New items need no history.

    Relations: `item-knn` has this form over what people did. `prism` weighs the modalities by
    what they are worth; here all that are present count alike.
    """

    modality: str = among("all", "modalities")  # one name, several joined by +, or "all"
    neighbours: int = searched(50, 5, 500, log=True)  # past items that each item is reached through
    centre: bool = among(True, (True, False))  # subtract the mean vector, which most encoders need

    def fit(self, train: Dataset, how: Training = Training()) -> ContentRanker:
        """Find the neighbours, in blocks: time grows with n_items squared, memory does not.

        Raises:
            BadData: where the data has no such modality.
        """
        spaces = {}
        for name in self._modalities(train):
            feature = train.items[name]
            centre = centre_of(feature) if self.centre else np.zeros(feature.dim, np.float32)
            vectors = unit(feature, centre)
            spaces[name] = Space(vectors, centre, knn(vectors, self.neighbours))
        bias = np.float32(TIE) * popularity(train.item_support().astype(np.float32))
        about = {"model": "content-knn", "modality": self.modality, "centre": self.centre}
        return ContentRanker(spaces, self.neighbours, bias, about)

    def _modalities(self, train: Dataset) -> list[str]:
        chosen = list(train.items) if self.modality == "all" else self.modality.split("+")
        if missing := set(chosen) - set(train.items):
            raise BadData(
                f"content-knn: the items have no {', '.join(sorted(missing))}; they have "
                f"{', '.join(train.items) or 'no media at all'}"
            )
        if not chosen:
            raise BadData("content-knn: the items have no media; encode the shop first")
        return chosen


@dataclass(frozen=True, eq=False)
class Space:
    """One modality: where each item lies, and its nearest neighbours."""

    vectors: Floats  # (n_items, d) unit rows, zero where the item lacks the modality
    centre: Floats  # (d,) what is subtracted from a feature before its length becomes 1
    graph: Csr  # (n_items, n_items) item x past item, `neighbours` entries per row at most

    def extended(self, feature: Feature | None, n: int, neighbours: int) -> Space:
        """This space with n new items; equal to one made of all items around the same centre."""
        old = len(self.vectors)
        width = self.vectors.shape[1]
        new = np.zeros((n, width), np.float32) if feature is None else unit(feature, self.centre)
        vectors = np.vstack([self.vectors, new])
        near_old = sparse.hstack([self.graph, knn(new, neighbours, of=self.vectors)], format="csr")
        near_new = _without_itself(knn(vectors, neighbours + 1, of=new), old)
        graph = sparse.vstack([near_old, near_new], format="csr")
        return Space(vectors, self.centre, prune(sparse.csr_array(graph), neighbours))


def _without_itself(graph: Csr, first: int) -> Csr:
    """The graph without the entries that relate row i to item first + i."""
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    keep = graph.indices != rows + first
    entries = (graph.data[keep], (rows[keep], graph.indices[keep]))
    return sparse.csr_array(entries, shape=graph.shape)


@dataclass(frozen=True, eq=False)
class ContentRanker:
    """A fitted content-knn: `ItemWeights` with one part per modality, and room for new items."""

    kind: ClassVar[str] = "content"

    spaces: Mapping[str, Space]
    neighbours: int
    bias: Floats  # (n_items,)
    about: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters, for the manifest

    @cached_property
    def weights(self) -> ItemWeights:
        """The ranker that scores."""
        present = {name: space.vectors.any(axis=1) for name, space in self.spaces.items()}
        count = np.sum(list(present.values()), axis=0)
        share = 1 / np.maximum(count, 1).astype(np.float32)
        parts = tuple(
            Part(f"alike by {name}", name, sparse.csr_array(scaled(space.graph, share).T.tocsr()))
            for name, space in self.spaces.items()
        )
        return ItemWeights(parts, self.bias, has_opinion=count > 0)

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.bias)

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN for items without media."""
        return self.weights.score(query)

    def contributions(self, query: Query) -> Iterator[tuple[Part, Floats]]:
        """What each modality adds to the scores (n, n_items)."""
        return self.weights.contributions(query)

    def shares(self, query: Query, items: Ints) -> list[Shares]:
        """The exact share of each modality and past item in the score of one item."""
        return self.weights.shares(query, items)

    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> ContentRanker:
        """This ranker with new items appended, ranked by their media at once.

        Neighbours are as if all items had been there from the start; the mean vectors stay.

        Args:
            items: modality -> features of the new items only; a modality left out is absent.
            ids: their identifiers, which say how many there are where no item has features.
        """
        n = count_new(items, ids)
        spaces = {
            name: space.extended(items.get(name), n, self.neighbours)
            for name, space in self.spaces.items()
        }
        return replace(self, spaces=spaces, bias=np.pad(self.bias, (0, n)))

    def save(self, path: str | Path) -> None:
        """Write a folder that `prismrec.load` reads."""
        saving.save(self, path)

    def to_arrays(self) -> tuple[dict[str, saving.Array], dict[str, Any]]:
        """What `from_arrays` needs to build an equal ranker."""
        arrays: dict[str, saving.Array] = {"bias": self.bias}
        for row, space in enumerate(self.spaces.values()):
            arrays |= {f"{row}.{name}": value for name, value in vars(space).items()}
        meta = {"modalities": list(self.spaces), "neighbours": self.neighbours}
        return arrays, {**meta, "about": dict(self.about)}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, saving.Array], meta: Mapping[str, Any]
    ) -> ContentRanker:
        """The ranker that `to_arrays` took apart."""
        spaces = {
            name: Space(*(arrays[f"{row}.{part}"] for part in ("vectors", "centre", "graph")))
            for row, name in enumerate(meta["modalities"])
        }
        return cls(spaces, meta["neighbours"], arrays["bias"], meta["about"])

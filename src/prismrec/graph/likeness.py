"""Which items are alike by their media, as graphs that embeddings are spread over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.neighbours import centre_of, knn, unit
from prismrec.graph.normalise import scaled, symmetric
from prismrec.types import Csr

__all__ = ["blended", "likeness", "likenesses"]


def likeness(feature: Feature, neighbours: int = 10, *, binary: bool = True) -> Csr:
    """(n, n) graph of the items most alike, each edge divided by the root of both degrees.

    An item without the medium has no edge.

    Args:
        feature: of n items.
        neighbours: edges of each item.
        binary: whether all neighbours count alike, or by their cosine.
    """
    graph = knn(unit(feature, centre_of(feature)), neighbours)
    if binary:
        graph.data = np.ones_like(graph.data)
    return symmetric(graph)


def likenesses(
    items: Mapping[str, Feature], neighbours: int = 10, *, binary: bool = True
) -> dict[str, Csr]:
    """The likeness of each modality."""
    return {name: likeness(feature, neighbours, binary=binary) for name, feature in items.items()}


def blended(
    items: Mapping[str, Feature], n: int, *, neighbours: int = 10, weights: Sequence[float] = ()
) -> Csr:
    """(n, n) weighted mean of the modalities' likenesses; the shares of an item sum to 1.

    Where an item lacks a modality, its others share the weight.

    Args:
        items: modality -> feature of the items.
        n: how many items there are.
        neighbours: edges of each item in each modality.
        weights: of the modalities, in their order, at least 0; none: equal.

    Raises:
        BadData: where the number of weights is another, or none of them is above 0.
    """
    given = np.asarray(weights or [1.0] * len(items), np.float32)
    if len(given) != len(items) or (len(given) and not (given.min() >= 0 and given.max() > 0)):
        raise BadData(f"{len(items)} weights of {', '.join(items)} are needed, not {weights}")
    total = sparse.csr_array((n, n), dtype=np.float32)
    if not items:
        return total
    parts = np.stack([feature.present for feature in items.values()], axis=1) * given  # (n, m)
    parts /= np.maximum(parts.sum(axis=1, keepdims=True), np.float32(1e-12))
    for k, graph in enumerate(likenesses(items, neighbours).values()):
        total = total + scaled(graph, rows=parts[:, k])
    return sparse.csr_array(total)

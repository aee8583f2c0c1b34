"""Which items are alike by their media, as graphs that embeddings are spread over."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from prismrec.data.features import Feature
from prismrec.graph.neighbours import centre_of, knn, unit
from prismrec.graph.normalise import symmetric
from prismrec.types import Csr

__all__ = ["likeness", "likenesses"]


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

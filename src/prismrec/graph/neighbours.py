"""Nearest neighbours by cosine, in blocks: the items by items matrix is never held."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.selection import best
from prismrec.types import Csr, Floats, Ints

__all__ = ["centre_of", "knn", "prune", "unit"]

BLOCK = 1 << 22  # similarities held at once: 16 MiB of float32, near the cache


def centre_of(feature: Feature) -> Floats:
    """(d,) mean of the rows that are present; zero where none is."""
    count = max(1, int(feature.present.sum()))
    total = feature.values.sum(axis=0, dtype=np.float64)  # absent rows are zero
    return np.asarray(total / count, np.float32)


def unit(feature: Feature, centre: Floats | None = None) -> Floats:
    """(n, d) rows of length 1 after `centre` is subtracted; absent rows stay zero.

    Subtracting the mean matters for most encoders: their vectors share one large direction, and
    without it every two items look alike.
    """
    values = feature.values if centre is None else feature.values - centre
    values = np.where(feature.present[:, None], values, np.float32(0))
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(length, np.float32(1e-12)), np.float32)


def knn(
    vectors: Floats,
    n: int,
    *,
    of: Floats | None = None,
    minimum: float = 0.0,
    distinct: bool = True,
) -> Csr:
    """(m, r) graph: row i holds the n rows of `vectors` most similar to row i of `of`.

    Args:
        vectors: (r, d) unit rows, see `unit`; a zero row is nobody's neighbour.
        n: neighbours per row; ties go to the lower row.
        of: (m, d) unit rows whose neighbours are wanted; `vectors` itself where None.
        minimum: only similarities above this are kept, so a row may have fewer than n.
        distinct: whether row i is no neighbour of itself; ignored where `of` is given.
    """
    asked = vectors if of is None else of
    loop = of is None and distinct
    size = max(1, BLOCK // max(1, len(vectors)))
    pieces = [
        _nearest(asked[start : start + size] @ vectors.T, n, start if loop else None, minimum)
        for start in range(0, len(asked) if len(vectors) else 0, size)
    ]
    if not pieces:
        return sparse.csr_array((len(asked), len(vectors)), dtype=np.float32)
    return sparse.csr_array(sparse.vstack(pieces, format="csr"))


def _nearest(block: Floats, n: int, start: int | None, minimum: float) -> Csr:
    if start is not None:
        rows = np.arange(len(block))
        block[rows, start + rows] = -np.inf
    columns, values = best(block, min(n, block.shape[1]))
    keep = values > minimum
    offsets = np.concatenate([[0], keep.sum(axis=1).cumsum()])
    graph = sparse.csr_array((values[keep], columns[keep], offsets), shape=block.shape)
    graph.sort_indices()
    return graph


def prune(graph: Csr, n: int) -> Csr:
    """The n largest entries of each row; ties go to the lower column."""
    lengths = np.diff(graph.indptr)
    if lengths.max(initial=0) <= n:
        return graph
    rows: Ints = np.repeat(np.arange(graph.shape[0]), lengths)
    order = np.lexsort((graph.indices, -graph.data, rows))
    places = np.arange(graph.nnz) - np.repeat(graph.indptr[:-1], lengths)
    keep = np.sort(order[places < n])
    offsets = np.concatenate([[0], np.minimum(lengths, n).cumsum()])
    return sparse.csr_array((graph.data[keep], graph.indices[keep], offsets), shape=graph.shape)

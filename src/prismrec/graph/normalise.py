"""Rescaling the edges of a graph."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from prismrec.types import Csr, Floats

__all__ = ["by_row", "degree", "scaled", "symmetric"]


def degree(graph: Csr) -> Floats:
    """(n,) sum of each row."""
    return np.asarray(graph.sum(axis=1), np.float32).ravel()


def scaled(graph: Csr, rows: Floats | None = None, columns: Floats | None = None) -> Csr:
    """diag(rows) @ graph @ diag(columns); a side that is None stays as it is."""
    data = graph.data.astype(np.float32)
    if rows is not None:
        data *= np.repeat(rows.astype(np.float32), np.diff(graph.indptr))
    if columns is not None:
        data *= columns.astype(np.float32)[graph.indices]
    return sparse.csr_array((data, graph.indices, graph.indptr), shape=graph.shape)


def by_row(graph: Csr) -> Csr:
    """Rows that sum to 1: a random walk; empty rows stay empty."""
    return scaled(graph, _power(degree(graph), -1.0))


def symmetric(graph: Csr) -> Csr:
    """D^-1/2 G D^-1/2 with the sums of its own rows and columns; empty ones stay empty."""
    columns = np.asarray(graph.sum(axis=0), np.float32).ravel()
    return scaled(graph, _power(degree(graph), -0.5), _power(columns, -0.5))


def _power(values: Floats, exponent: float) -> Floats:
    positive = values > 0
    return np.where(positive, np.where(positive, values, 1) ** exponent, 0).astype(np.float32)

"""Which items are used by the same people, counted without a dense matrix."""

from __future__ import annotations

import os

import numpy as np
from scipy import sparse
from sparse_dot_topn import sp_matmul_topn

from prismrec.graph.normalise import scaled
from prismrec.types import Csr, Floats, Ints

__all__ = ["capped", "cooccurrence", "n_pairs", "product"]


def n_pairs(matrix: Csr) -> int:
    """Number of item pairs that all users make: the work of `cooccurrence`."""
    lengths = np.diff(matrix.indptr).astype(np.float64)
    return int((lengths**2).sum())


def cooccurrence(
    matrix: Csr,
    *,
    user_power: float = 0.0,
    scales: tuple[Floats, Floats] | None = None,
    top: int | None = None,
    threads: int | None = None,
) -> Csr:
    """(n_items, n_items) C = R^T D^-user_power R with zero diagonal, D the users' degrees.

    Args:
        matrix: (n_users, n_items) R, binary or weighted.
        user_power: how far a user with many items counts less per pair; 0 counts all alike.
        scales: (n_items,) factors of C's rows and of its columns, applied before `top`.
        top: keep the largest entries of each row only, `top` or one more; all where None.
            Memory is then n_items x top however long the log is.
        threads: of the product where `top` is given; all cores where None.
    """
    weight = np.maximum(np.diff(matrix.indptr), 1).astype(np.float32) ** -np.float32(user_power)
    left, right = scales if scales else (None, None)
    users_of = scaled(sparse.csr_array(matrix.T), left)
    return product(users_of, scaled(matrix, weight, right), top=top, threads=threads)


def product(first: Csr, second: Csr, *, top: int | None = None, threads: int | None = None) -> Csr:
    """`first @ second` with zero diagonal, never dense.

    Args:
        first: (n, k).
        second: (k, n).
        top: as in `cooccurrence`.
        threads: as in `cooccurrence`.
    """
    if top is None or top + 1 >= second.shape[1]:
        # Not by sp_matmul: where a sum is exactly zero it returns memory that was never written.
        return _without_diagonal(sparse.csr_array(first @ second))
    a, b = sparse.csr_matrix(first), sparse.csr_matrix(second)  # sparse_dot_topn knows no array
    found = sp_matmul_topn(a, b, top_n=top + 1, n_threads=threads or os.cpu_count() or 1)
    return _without_diagonal(sparse.csr_array(found))


def _without_diagonal(graph: Csr) -> Csr:
    graph.sort_indices()
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    keep = graph.indices != rows
    offsets = np.concatenate([[0], np.bincount(rows[keep], minlength=graph.shape[0]).cumsum()])
    return sparse.csr_array((graph.data[keep], graph.indices[keep], offsets), shape=graph.shape)


def capped(matrix: Csr, pairs: int, *, seed: int = 0) -> Csr:
    """The matrix with the longest rows thinned at random until `n_pairs` is at most `pairs`.

    A user with thousands of items makes millions of pairs that say little. All rows longer than
    the one length that meets the budget are cut to it; the others stay whole.
    """
    lengths = np.diff(matrix.indptr)
    if n_pairs(matrix) <= pairs:
        return matrix
    limit = _limit(lengths, pairs)
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((np.random.default_rng(seed).random(matrix.nnz), rows))
    places = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], lengths)
    keep = np.sort(order[places < limit])
    offsets = np.concatenate([[0], np.minimum(lengths, limit).cumsum()])
    return sparse.csr_array((matrix.data[keep], matrix.indices[keep], offsets), shape=matrix.shape)


def _limit(lengths: Ints, pairs: int) -> int:
    ordered = np.sort(lengths).astype(np.float64)
    whole = np.concatenate([[0.0], (ordered**2).cumsum()])  # pairs of the j shortest rows
    longer = len(ordered) - np.arange(len(whole))
    limits = np.concatenate([ordered, [np.inf]])
    room = (pairs - whole) / np.maximum(longer, 1)
    j = int(np.flatnonzero((room > 0) & (np.sqrt(np.maximum(room, 0)) <= limits))[0])
    return max(1, int(np.sqrt(room[j])))

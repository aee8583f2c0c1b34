"""The smooth part of a log: items placed by the leading singular vectors of who used what."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import svds

from prismrec.graph.normalise import scaled
from prismrec.types import Csr, Floats, Ints

__all__ = ["low_pass"]


def low_pass(matrix: Csr, rank: int, *, seed: int = 0) -> tuple[Floats, Floats]:
    """(n_items, r) left and right, `left @ right.T` being the ideal low-pass relation.

    With V the first r right singular vectors of D_u^-1/2 R D_i^-1/2, the relation is
    D_i^-1/2 V V^T D_i^1/2. The columns come in falling order of their singular values, so the
    first columns are the relation of a lower rank. r is `rank`, or less in a small log.

    Only the largest connected group of people and items is looked at, the other items get zeros.
    Each further group would have a singular value of 1 of its own, and in a sparse log hundreds
    of pairs apart from the rest would take all the room; co-use says all that is to say of them.

    Source: Y. Shen et al. 2021, How powerful is graph convolution for recommendation, CIKM;
    the restriction to one group is ours.
    """
    users, items = _largest_group(matrix)
    inner = sparse.csr_array(matrix[users][:, items])
    rank = min(rank, min(inner.shape) - 1)
    left = np.zeros((matrix.shape[1], max(rank, 1)), np.float32)
    right = left.copy()
    if rank < 1:
        return left, right
    degree = np.bincount(inner.indices, minlength=len(items)).astype(np.float32)
    lengths = np.diff(inner.indptr).astype(np.float32)
    graph = scaled(inner, lengths**-0.5, degree**-0.5)
    _, values, vectors = svds(graph, k=rank, rng=np.random.default_rng(seed))
    v = vectors[np.argsort(-values, kind="stable")].T.astype(np.float32)
    left[items], right[items] = v * degree[:, None] ** -0.5, v * degree[:, None] ** 0.5
    return left, right


def _largest_group(matrix: Csr) -> tuple[Ints, Ints]:
    """Rows and columns of the largest connected group, in order."""
    n_users = matrix.shape[0]
    both: Csr = sparse.block_array([[None, matrix], [matrix.T, None]], format="csr")
    _, group = connected_components(both.astype(np.float32), directed=False)
    largest = np.bincount(group).argmax()
    users = np.flatnonzero(group[:n_users] == largest)
    return users, np.flatnonzero(group[n_users:] == largest)

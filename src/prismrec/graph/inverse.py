"""The regularised inverse of the item-item counts: what predicts an item given all the others."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg.lapack import spotrf, spotri

from prismrec.errors import BadData
from prismrec.graph.normalise import scaled
from prismrec.types import Csr, Floats

__all__ = ["dense_gram", "regularised_inverse"]

ROWS = 512  # rows of a square matrix that are worked on at once


def dense_gram(matrix: Csr, *, user_power: float = 0.0) -> Floats:
    """(n_items, n_items) R^T D^(-2 user_power) R: R's rows scaled by degree^-user_power.

    Memory is 4 n_items^2 bytes and a block.
    """
    degree = np.maximum(np.diff(matrix.indptr), 1).astype(np.float32)
    weighted = scaled(matrix, degree ** np.float32(-2 * user_power))
    columns = sparse.csr_array(matrix.T)
    gram = np.empty((matrix.shape[1], matrix.shape[1]), np.float32)
    for start in range(0, len(gram), ROWS):
        gram[start : start + ROWS] = (columns[start : start + ROWS] @ weighted).toarray()
    return gram


def regularised_inverse(gram: Floats, l2: float) -> Floats:
    """(n, n) B, zero on the diagonal, that minimises |R - R B|^2 + l2 |B|^2; works in `gram`.

    With P = (gram + l2 I)^-1 it is B_ij = -P_ij / P_jj for i != j. The inverse is taken in place
    in single precision, by Cholesky: n^3 operations, 4 n^2 bytes.

    Args:
        gram: (n, n) float32 R^T R, overwritten.
        l2: above 0; single precision wants it above a millionth of the largest count.

    Raises:
        BadData: where gram + l2 I is not positive in single precision.

    Source: H. Steck 2019, Embarrassingly shallow autoencoders, arXiv 1905.03375.
    """
    n = len(gram)
    gram.ravel()[:: n + 1] += np.float32(l2)
    factor, info = spotrf(gram.T, lower=True, clean=False, overwrite_a=True)  # gram.T is in
    if not info:  # Fortran order, so LAPACK works in gram itself, in its upper triangle
        inverse, info = spotri(factor, lower=True, overwrite_c=True)
    if info:
        raise BadData(f"the item counts cannot be inverted with l2 {l2:g}; raise l2")
    out: Floats = inverse.T
    _mirror(out)
    out /= -out.diagonal().copy()
    out.ravel()[:: n + 1] = 0
    return out


def _mirror(square: Floats) -> None:
    """Copy the upper triangle into the lower one, in place."""
    for start in range(0, len(square), ROWS):
        stop = start + ROWS
        corner = square[start:stop, start:stop]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
        square[stop:, start:stop] = square[start:stop, stop:].T

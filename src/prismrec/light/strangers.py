"""The same scores from other vectors: ones in which the mean of a history speaks for a person."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from prismrec.types import Csr, Doubles, Floats

__all__ = ["Side", "levelled"]

LEAST = 1e-2  # the smallest stretch along any direction, as a share of the largest


class Side(NamedTuple):
    """Towers: a score is `users @ items.T + bias`."""

    users: Floats  # (n_users, d)
    items: Floats  # (n_items, d)
    bias: Floats  # (n_items,)


def levelled(given: Side, history: Csr) -> Side:
    """Towers that rank known users as before, and strangers as nearly as the vectors allow.

    A stranger stands at the mean of the items in the history, which makes sense only where users
    and items share one space. Training leaves that open: users A and items A^-T score the same for
    any matrix A, and so do users less their mean u with a bias of items @ u, and items less any
    vector, up to a constant for each user. These freedoms are spent so that the mean of their items
    comes near the users, by least squares: with X the mean items and U the users, both centred, the
    symmetric M that minimises |X M - U|^2 solves X'X M + M X'X = X'U + U'X; made positive, its
    root is the A. A stranger without history stands at 0 and is ranked by the bias, which is now
    what the average user is recommended.

    Args:
        given: towers.
        history: (n_users, n_items) binary; who used what.
    """
    users, items = given.users.astype(np.float64), given.items.astype(np.float64)
    average = users.mean(axis=0)
    bias = given.bias + items @ average
    count = np.maximum(np.diff(history.indptr), 1)[:, None]
    there = np.diff(history.indptr) > 0
    centre = np.asarray(history @ items / count)[there].mean(axis=0) if there.any() else 0.0
    users, items = users - average, items - centre
    mean = np.asarray(history @ items / count)[there]
    stretch, turn = _positive(mean, users[there])
    root = np.sqrt(stretch)
    return Side(
        np.asarray((users @ turn) / root @ turn.T, np.float32),
        np.asarray((items @ turn) * root @ turn.T, np.float32),
        np.asarray(bias, np.float32),
    )


def _positive(x: Doubles, u: Doubles) -> tuple[Doubles, Doubles]:
    """Eigenvalues (d,) and vectors (d, d) of the positive M for which x M is nearest to u."""
    gram, cross = x.T @ x, x.T @ u
    ridge = 1e-6 * max(float(np.trace(gram)) / len(gram), 1e-12) * np.eye(len(gram))
    found = linalg.solve_continuous_lyapunov(gram + ridge, cross + cross.T)
    values, vectors = np.linalg.eigh((found + found.T) / 2)
    top = float(values.max())
    if top <= 0:  # the histories say nothing of the users
        return np.ones(len(values)), vectors
    return np.maximum(values, LEAST * top), vectors

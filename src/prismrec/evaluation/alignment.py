"""How well two sides of a co-embedding find each other, and how alike two spaces are."""

from __future__ import annotations

import numpy as np

from prismrec.types import Doubles, Floats, Ints

__all__ = ["cka", "retrieval_ranks"]

BLOCK = 1 << 22  # similarities held at once


def retrieval_ranks(asked: Floats, found: Floats) -> Ints:
    """(n,) rank of row i of `found` when row i of `asked` looks for it by dot product; 0 is best.

    Of equal scores half count as ahead, so that a space where all is alike gives no advantage.
    `(ranks < k).mean()` is recall@k; chance is k / n.

    >>> retrieval_ranks(np.eye(3, dtype="f4"), np.eye(3, dtype="f4")).tolist()
    [0, 0, 0]
    >>> retrieval_ranks(np.ones((3, 1), "f4"), np.ones((3, 1), "f4")).tolist()
    [1, 1, 1]

    Args:
        asked: (n, d) unit rows.
        found: (n, d) unit rows.
    """
    ranks = np.zeros(len(asked), np.int64)
    size = max(1, BLOCK // max(1, len(found)))
    for start in range(0, len(asked), size):
        scores = asked[start : start + size] @ found.T
        own = scores[np.arange(len(scores)), start + np.arange(len(scores))][:, None]
        equal = (scores == own).sum(axis=1) - 1
        ranks[start : start + size] = (scores > own).sum(axis=1) + equal // 2
    return ranks


def cka(one: Floats, other: Floats) -> float:
    """Linear centred kernel alignment of two sets of vectors of the same n items, 0 to 1.

    1 where one space is the other turned and scaled. Source: Kornblith and others 2019 (arXiv
    1905.00414).

    >>> round(cka(np.eye(4, dtype="f4"), 5 * np.eye(4, dtype="f4")[:, ::-1]), 6)
    1.0
    """
    x, y = _centred(one), _centred(other)
    shared = float(((x.T @ y) ** 2).sum())
    alone = float(np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    return shared / alone if alone else 0.0


def _centred(values: Floats) -> Doubles:
    wide: Doubles = values.astype(np.float64)
    wide -= wide.mean(axis=0)
    return wide

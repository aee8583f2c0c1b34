"""Ranking metrics: what each list is worth to its user.

Every metric takes the same three arrays and returns one number per user, 0 to 1:

    hits        (n, k) bool: the item at this rank is relevant; False beyond a list's end
    relevant    (n,) how many of the user's candidates are relevant, at least 1
    candidates  (n,) how many items could have been returned to the user

Relevance is binary. Ranks count from 1. A list shorter than k counts as if misses followed.
Most worked examples share one user: three relevant items of ten, found at ranks 1 and 3 of four.
"""

from __future__ import annotations

import numpy as np

from prismrec.types import Bools, Doubles, Ints

__all__ = [
    "accuracy",
    "average_precision",
    "coverage",
    "f1",
    "hit",
    "ndcg",
    "precision",
    "recall",
    "reciprocal_rank",
]


def precision(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """Share of the k places that hold a relevant item: hits / k.

    >>> precision(np.array([[True, False, True, False]]), np.array([3]), np.array([10]))
    array([0.5])
    """
    return _found(hits) / _places(hits)


def recall(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """Share of the relevant items that were found: hits / relevant.

    >>> recall(np.array([[True, False, True, False]]), np.array([4]), np.array([10]))
    array([0.5])
    """
    return _found(hits) / relevant


def f1(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """Harmonic mean of precision and recall: 2 hits / (k + relevant).

    Two hits in four places and four relevant items: precision and recall are both 1/2.

    >>> f1(np.array([[True, False, True, False]]), np.array([4]), np.array([10]))
    array([0.5])
    """
    return 2 * _found(hits) / (_places(hits) + relevant)


def hit(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """1 where at least one relevant item was found, else 0.

    >>> hit(np.array([[False, True], [False, False]]), np.array([3, 3]), np.array([10, 10]))
    array([1., 0.])
    """
    return np.minimum(_found(hits), 1)


def reciprocal_rank(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """1 / rank of the first relevant item, 0 where none was found (Voorhees 1999, TREC-8).

    >>> reciprocal_rank(np.array([[False, True, True]]), np.array([3]), np.array([10]))
    array([0.5])
    """
    first: Ints = hits.argmax(axis=1) + 1
    return np.minimum(_found(hits), 1) / first


def average_precision(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """Mean of the precision at each hit: sum over hits of precision@rank / min(relevant, k).

    Departure from trec_eval and ranx, which divide by `relevant`: with min(relevant, k) a list that
    holds nothing but hits is worth 1 whatever k is.

    Hits at ranks 1 and 3 have precisions 1 and 2/3: (1 + 2/3) / 3 = 0.5556.

    >>> average_precision(np.array([[True, False, True, False]]), np.array([3]), np.array([10]))
    array([0.55555556])
    """
    k = _places(hits)
    precisions = hits.cumsum(axis=1) / np.arange(1, k + 1)
    total: Doubles = (precisions * hits).sum(axis=1)
    return total / np.minimum(relevant, k)


def ndcg(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """Discounted gain of the hits over that of the best list: DCG@k / IDCG@k.

    A hit at rank r gains 1 / log2(r + 1); the best list holds min(relevant, k) hits first
    (Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418, with binary gains).

    Hits at ranks 1 and 3 gain 1 + 1/2; the best list 1 + 0.6309 + 1/2: 1.5 / 2.1309 = 0.7039.

    >>> ndcg(np.array([[True, False, True, False]]), np.array([3]), np.array([10]))
    array([0.70391809])
    """
    k = _places(hits)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal: Doubles = discount.cumsum()[np.minimum(relevant, k) - 1]
    gain: Doubles = hits @ discount
    return gain / ideal


def accuracy(hits: Bools, relevant: Ints, candidates: Ints) -> Doubles:
    """Share of the candidates sorted rightly into recommended or not: (TP + TN) / candidates.

    Beware: nearly all candidates are true negatives, so a useless list also comes close to 1.

    Wrong are two misses in the list and one relevant item outside it: (10 - 2 - 1) / 10 = 0.7.

    >>> accuracy(np.array([[True, False, True, False]]), np.array([3]), np.array([10]))
    array([0.7])
    """
    found = _found(hits)
    missed = np.minimum(_places(hits), candidates) - found
    return 1 - (missed + relevant - found) / candidates


def coverage(items: Ints, n_items: int) -> float:
    """Share of the catalogue that stands in at least one list; a property of all lists together.

    Args:
        items: (n, k) what each user got, -1 beyond a list's end.
        n_items: how many items could have been returned.

    Items 0, 1 and 2 of a catalogue of six:

    >>> coverage(np.array([[0, 1], [2, 0], [1, -1]]), 6)
    0.5
    """
    shown = np.bincount(items.ravel() + 1)[1:]
    return float(np.count_nonzero(shown) / n_items) if n_items else 0.0


def _found(hits: Bools) -> Doubles:
    """(n,) number of hits in each list."""
    return np.asarray(np.count_nonzero(hits, axis=1), np.float64)


def _places(hits: Bools) -> int:
    """The k of the lists."""
    return len(hits.T)

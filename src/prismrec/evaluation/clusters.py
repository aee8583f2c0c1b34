"""Groups of items that are alike in one modality: k-means over directions, in blocks."""

from __future__ import annotations

import numpy as np

from prismrec.data.features import Feature
from prismrec.graph.neighbours import centre_of, unit
from prismrec.types import Floats, Ints

__all__ = ["clusters", "spread", "usual_number"]

FEWEST, MOST = 2, 30  # clusters
ROUNDS = 25
BLOCK = 1 << 22  # similarities held at once


def spread(feature: Feature) -> Floats:
    """(n, d) unit rows around the mean of the rows that were observed; the others are zero."""
    known = feature.observed_only()
    return unit(known, centre_of(known))


def clusters(vectors: Floats, n: int | None = None, *, seed: int = 0) -> Ints:
    """(n_items,) cluster of each row, 0 to n - 1, numbered by falling size; -1 for a zero row.

    Spherical k-means: rows join the centre of the largest cosine, centres are the unit mean of
    their rows (Dhillon and Modha 2001, doi:10.1023/A:1007612920971), from centres drawn far apart
    (Arthur and Vassilvitskii 2007). The result depends on the seed, as any k-means does.

    >>> clusters(np.array([[1, 0], [0, 1], [0, 0], [0, 1]], "f4"), 2).tolist()
    [1, 0, -1, 0]

    Args:
        vectors: (n_items, d) unit rows; zero where an item has none.
        n: how many; None: see `usual_number`.
        seed: of the first centres.
    """
    rows = np.flatnonzero(vectors.any(axis=1))
    labels = np.full(len(vectors), -1, np.int64)
    if not len(rows):
        return labels
    known = vectors[rows]
    count = usual_number(len(rows)) if n is None else n
    centres = _apart(known, min(count, len(rows)), np.random.default_rng(seed))
    own = _nearest(known, centres)
    for _ in range(ROUNDS):
        total = np.zeros_like(centres)
        np.add.at(total, own, known)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        centres = np.where(length > 1e-6, total / np.maximum(length, 1e-6), centres)
        before, own = own, _nearest(known, centres)
        if np.array_equal(before, own):
            break
    order = np.argsort(-np.bincount(own, minlength=len(centres)), kind="stable")
    labels[rows] = np.argsort(order)[own]
    return labels


def usual_number(rows: int) -> int:
    """The root of half the number of rows, between 2 and 30 (Mardia and others 1979)."""
    return int(np.clip(round((rows / 2) ** 0.5), FEWEST, MOST))


def _apart(known: Floats, n: int, rng: np.random.Generator) -> Floats:
    """(n, d) rows, each drawn with the chance of its squared distance to those drawn before."""
    chosen = [int(rng.integers(len(known)))]
    distance = np.full(len(known), np.inf)
    while len(chosen) < n:
        distance = np.minimum(distance, np.maximum(1 - known @ known[chosen[-1]], 0))
        total = distance.sum()
        if total < 1e-6:  # only copies are left
            break
        chosen.append(int(rng.choice(len(known), p=distance / total)))
    return known[chosen]


def _nearest(known: Floats, centres: Floats) -> Ints:
    size = max(1, BLOCK // len(centres))
    blocks = range(0, len(known), size)
    return np.concatenate([(known[at : at + size] @ centres.T).argmax(axis=1) for at in blocks])

"""Diversity: a list whose items are good and unlike each other."""

from __future__ import annotations

import numpy as np

from prismrec.serve.live import Live
from prismrec.types import Floats, Ints

__all__ = ["alike", "pool_of", "spread_out"]

POOL = 4, 200  # times the length of the list, and at least
LONGEST = 500  # places that are spread out; those behind follow by score


def pool_of(n: int) -> int:
    """How many of the best a list of n is chosen from."""
    return max(POOL[0] * min(n, LONGEST), POOL[1])


def spread_out(scores: Floats, likeness: Floats, n: int, *, diversity: float) -> Ints:
    """(n,) places of a list by maximal marginal relevance; ties go to the lower place.

    Each step takes what is largest in (1 - d) x score - d x the largest likeness to what was taken,
    scores being brought to 0 to 1 (Carbonell and Goldstein 1998, doi:10.1145/290941.291025).

    Args:
        scores: (m,) of the candidates, best first, finite.
        likeness: (m, m) of the candidates, -1 to 1.
        n: how many; all where there are fewer, and 500 at most.
        diversity: d, 0 to 1.
    """
    if not len(scores):
        return np.empty(0, np.int64)
    low, high = scores.min(), scores.max()
    relevance = (scores - low) / (high - low) if high > low else np.zeros(len(scores))
    nearest = np.full(len(scores), -1.0)
    left = np.ones(len(scores), bool)
    taken: list[int] = []
    for _ in range(min(n, len(scores), LONGEST)):
        worth = (1 - diversity) * relevance - diversity * nearest
        best = int(np.argmax(np.where(left, worth, -np.inf)))
        taken.append(best)
        left[best] = False
        nearest = np.maximum(nearest, likeness[best])
    return np.array(taken, np.int64)


def alike(live: Live, rows: Ints) -> Floats:
    """(k, k) mean cosine of rows of the catalogue over the modalities that both have.

    Where no media are known, the ranker's own vectors of items are compared.
    """
    total = np.zeros((len(rows), len(rows)), np.float32)
    count = np.zeros_like(total)
    for space in list(live.vectors.spaces.values()):
        units = space.units(rows)
        has = space.has(rows).astype(np.float32)
        total += units @ units.T
        count += np.outer(has, has)
    own = getattr(live.ranker, "items", None)
    if own is not None and not count.any():
        places = live.rows(rows)
        has = (places >= 0).astype(np.float32)
        places = np.maximum(places, 0)
        vectors = own.floats(places) if hasattr(own, "floats") else own[places]
        units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        total, count = (units @ units.T).astype(np.float32), np.outer(has, has)
    return np.asarray(total / np.maximum(count, 1), np.float32)

"""The lists that an evaluation measures."""

from __future__ import annotations

import numpy as np

from prismrec.rankers import Query, Ranker, top_k
from prismrec.types import Ints

__all__ = ["lists"]

GROUPS = 256  # of users; each breaks ties in an order of its own


def lists(ranker: Ranker, query: Query, k: int, *, only: Ints | None, seed: int) -> Ints:
    """(n, k) items, best first, -1 beyond a list's end; ties in random order.

    The order of a catalogue is no matter of chance: popular items tend to have low rows. A model
    without an opinion would profit if ties went by row. Rows that show a tie, up to the place after
    the last, are ranked once more with the candidates shuffled. The order depends on seed and user
    alone, so that models are compared under the same luck.
    """
    found = top_k(ranker, query, k + 1, only=only)
    items = np.full((len(query), k), -1, np.int64)
    width = min(k, ranker.n_items)
    items[:, :width] = found.items[:, :width]
    same = found.scores[:, 1:] == found.scores[:, :-1]
    tied = (same & (found.items[:, 1:] >= 0)).any(axis=1)
    candidates = np.arange(ranker.n_items) if only is None else np.unique(only)
    groups = np.where(tied, query.users % GROUPS, -1)
    for group in np.unique(groups[tied]):
        rows = np.flatnonzero(groups == group)
        order = np.random.default_rng([seed, int(group)]).permutation(candidates)
        items[rows, :width] = top_k(ranker, query.take(rows), width, only=order).items
    return items

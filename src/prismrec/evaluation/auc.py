"""AUC: how often a relevant candidate is scored above one that is not, over the whole catalogue."""

from __future__ import annotations

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.evaluation import leaks
from prismrec.evaluation.protocol import allowed_items, candidate_counts, relevant_pairs
from prismrec.rankers import Query, Ranker
from prismrec.types import Doubles, Floats, Ints

__all__ = ["auc", "beaten"]

BLOCK = 1 << 21  # scores held at once


def auc(ranker: Ranker, test: Dataset, *, seen: Dataset, only: Ints | None = None) -> Doubles:
    """(n_users,) share of the pairs of one relevant candidate and another that are in order.

    Equal scores count half, so .5 is chance. Unlike a list, AUC weighs the last places like the
    first: it tells what a model has learnt, not what a person would see. The users are those of
    `evaluate` with the same arguments, in the same order, so that
    `evaluation.extended({"auc": auc(...)})` adds it, at the price of scoring once more. NaN for a
    user to whom every candidate is relevant.

    Args:
        ranker: any fitted model. A score of NaN is below every number.
        test: the interactions to be found.
        seen: the log that the ranker was fitted on, whose items are no candidates.
        only: the candidates; the whole catalogue where None.

    Raises:
        Leak: where `seen` knows what is to be predicted.
        BadData: where there is nothing to measure or the arguments do not belong together.
    """
    again = leaks.repeats(test, seen)
    leaks.fitted(ranker, test, again)
    allowed = allowed_items(ranker, test, only)
    pairs = relevant_pairs(test, allowed, again)
    users, first, relevant = np.unique(pairs // test.n_items, return_index=True, return_counts=True)
    ends = np.append(first, len(pairs))
    row = np.repeat(np.arange(len(users)), relevant)
    query = Query.of(seen, users)
    won = np.empty(len(pairs))
    size = max(1, BLOCK // test.n_items)
    for start, block in zip(range(0, len(users), size), query.blocks(size), strict=True):
        scores = _comparable(ranker.score(block))
        scores[:, ~allowed] = np.inf
        scores[block.history.rows, block.history.values] = np.inf
        inside = slice(ends[start], ends[start + len(block)])
        won[inside] = beaten(scores, row[inside] - start, pairs[inside] % test.n_items)
    others = candidate_counts(query, allowed) - relevant
    among = relevant**2 / 2  # what the relevant items win among themselves, each against itself too
    wins = np.bincount(row, won) - among
    return np.where(others > 0, wins / np.maximum(relevant * others, 1), np.nan)


def beaten(scores: Floats, rows: Ints, items: Ints) -> Doubles:
    """(p,) how many of its row each entry exceeds; those that equal it, itself too, count half.

    2 exceeds one of its row and equals itself and another: 1 + 2 / 2.

    >>> beaten(np.array([[2.0, 1.0, 2.0, np.inf]], "f4"), np.array([0]), np.array([2]))
    array([2.])

    Args:
        scores: (n, m) without NaN.
        rows: (p,) and
        items: (p,) where the entries stand.
    """
    out = np.empty(len(rows))
    size = max(1, BLOCK // scores.shape[1])
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        table = scores[rows[part]]
        own = scores[rows[part], items[part], None]
        below = np.count_nonzero(table < own, axis=1)
        out[part] = below + np.count_nonzero(table == own, axis=1) / 2
    return out


def _comparable(scores: Floats) -> Floats:
    """A copy that leaves inf to those who are no candidates, with NaN below every number."""
    lowest, highest = float(np.finfo(np.float32).min), float(np.finfo(np.float32).max)
    finite: Floats = np.nan_to_num(scores, nan=lowest, posinf=highest, neginf=-np.inf)
    return finite

"""NDCG with graded relevance: a purchase found is worth more than a view found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.evaluation import leaks
from prismrec.evaluation.protocol import relevant_pairs
from prismrec.evaluation.result import Evaluation
from prismrec.types import Doubles, Ints

__all__ = ["graded", "graded_ndcg", "with_graded"]

STEEPEST = 30.0  # a grade; what weighs more is a count


def with_graded(
    evaluation: Evaluation, *, test: Dataset, seen: Dataset, only: Ints | None = None
) -> Evaluation:
    """An evaluation with the figures of `graded` at the length of its lists."""
    return evaluation.extended(graded(evaluation, test=test, seen=seen, only=only))


def graded(
    evaluation: Evaluation,
    *,
    test: Dataset,
    seen: Dataset,
    only: Ints | None = None,
    k: int | Sequence[int] | None = None,
) -> dict[str, Doubles]:
    """(n_users,) NDCG with the weights of the test interactions as grades, in two ways.

    "ndcg-linear" gains the weight w itself, "ndcg-exponential" 2^w - 1, which is for ratings and
    other grades: it is left out where a weight is above 30. Of several events of a pair the
    strongest counts. Nothing comes back where all weights are equal: then NDCG says it all.

    Args:
        evaluation: of one run with these logs and candidates.
        test: the log that was to be found.
        seen: the log that was masked.
        only: the candidates; the whole catalogue where None.
        k: lengths to cut the lists to; that of the lists where None.

    Raises:
        BadData: where the evaluation is not of these logs and candidates, or has shorter lists.
    """
    longest = evaluation.items.shape[1]
    sizes = [longest] if k is None else [k] if isinstance(k, int) else list(k)
    if not all(1 <= size <= longest for size in sizes):
        raise BadData(f"k must be 1 to {longest}, the length of the lists, not {k}")
    pairs, weight = _grades(test, seen, only)
    row = np.searchsorted(np.unique(pairs // test.n_items), pairs // test.n_items)
    if not np.array_equal(np.unique(pairs // test.n_items), evaluation.users):
        raise BadData(
            "this evaluation is of other users than these logs have: give the test, seen and "
            "`only` of the run, and of a single run"
        )
    if weight.min() == weight.max():
        return {}
    place = np.searchsorted(pairs, evaluation.users[:, None] * test.n_items + evaluation.items)
    found = np.where(evaluation.hits, weight[place.clip(max=len(pairs) - 1)], 0)
    best = _best(row, weight, found.shape)
    ways: Mapping[str, tuple[Doubles, Doubles]] = {"linear": (found, best)}
    if weight.max() <= STEEPEST:
        ways = {**ways, "exponential": (np.exp2(found) - 1, np.exp2(best) - 1)}
    return {
        f"ndcg-{way}@{size}": graded_ndcg(ours[:, :size], ideal[:, :size])
        for way, (ours, ideal) in ways.items()
        for size in sizes
    }


def graded_ndcg(gains: Doubles, best: Doubles) -> Doubles:
    """(n,) discounted gains of the lists over those of the best lists, 0 to 1.

    A gain at rank r is divided by log2(r + 1): Järvelin and Kekäläinen 2002
    (doi:10.1145/582415.582418) for linear gains, Burges and others 2005
    (doi:10.1145/1102351.1102363) for exponential ones.

    Found are a miss, then an item of grade 3; the best list has grades 3 and 1:
    (0 + 3 * 0.6309) / (3 + 1 * 0.6309) = 0.5213.

    >>> graded_ndcg(np.array([[0.0, 3.0]]), np.array([[3.0, 1.0]])).round(4)
    array([0.5213])

    Args:
        gains: (n, k) of the items in the list, 0 for a miss.
        best: (n, k) the k highest gains of the user's relevant items, falling, 0 beyond their end.
    """
    discount = 1 / np.log2(np.arange(2, gains.shape[1] + 2))
    value: Doubles = (gains @ discount) / (best @ discount)
    return value


def _grades(test: Dataset, seen: Dataset, only: Ints | None) -> tuple[Ints, Doubles]:
    """Sorted pairs to be found, as user * n_items + item, and the strongest weight of each."""
    allowed = np.full(test.n_items, only is None)
    if only is not None:
        allowed[only] = True
    pairs = relevant_pairs(test, allowed, leaks.repeats(test, seen))
    log = test.interactions
    events = log.users * test.n_items + log.items
    place = np.searchsorted(pairs, events).clip(max=len(pairs) - 1)
    own = pairs[place] == events
    weight = np.zeros(len(pairs))
    np.maximum.at(weight, place[own], log.weight[own])
    return pairs, weight


def _best(row: Ints, weight: Doubles, shape: tuple[int, ...]) -> Doubles:
    """(n, k) the highest weights of each row, falling."""
    order = np.lexsort((-weight, row))
    row = row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    out = np.zeros(shape)
    inside = rank < shape[1]
    out[row[inside], rank[inside]] = weight[order][inside]
    return out

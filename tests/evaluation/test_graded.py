from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec.errors import BadData
from prismrec.evaluation.graded import graded, with_graded
from prismrec.evaluation.protocol import evaluate

GAINS = {"linear": lambda w: w, "exponential": lambda w: 2**w - 1}


def dcg(weights) -> float:
    return sum(w / np.log2(rank + 1) for rank, w in enumerate(weights, 1))


def cases(log, table, seed):
    rng = np.random.default_rng(seed)
    shape = 5, 7
    pairs = rng.permutation(np.unique(rng.integers(0, shape, (22, 2)), axis=0))
    events = np.concatenate([pairs[6:], pairs[6:9]])  # three of them twice
    seen = log(pairs[:6].tolist(), shape)
    test = log(events.tolist(), shape, weight=rng.integers(0, 4, len(events)))
    return seen, test, table(rng.random(shape))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**16))
def test_it_equals_the_definition_with_the_best_list_found_by_trying_all(log, table, seed):
    seen, test, ranker = cases(log, table, seed)
    run = evaluate(ranker, test, seen=seen, k=(2, 3), metrics=["hit"])
    found = graded(run, test=test, seen=seen, k=(2, 3))
    strongest = np.zeros((5, 7))
    np.maximum.at(
        strongest, (test.interactions.users, test.interactions.items), test.interactions.weight
    )
    if not found:
        weights = strongest[strongest > 0]
        assert (weights == weights[0]).all()
        return
    for (way, gain), k in itertools.product(GAINS.items(), (2, 3)):
        expected = [
            dcg(gain(strongest[user, row[:k]]))
            / max(dcg(order) for order in itertools.permutations(gain(strongest[user]), k))
            for user, row in zip(run.users, run.items, strict=True)
        ]
        assert np.allclose(found[f"ndcg-{way}@{k}"], expected), way


def test_a_strong_wish_found_first_is_worth_more_than_a_weak_one(log, table):
    seen = log([(0, 5), (1, 5)])
    test = log([(0, 0), (0, 1), (1, 0), (1, 1)], weight=[5, 1, 1, 5])
    ranker = table([[9, 1, 0, 0, 0, 0]] * 3)
    run = with_graded(evaluate(ranker, test, seen=seen, k=1), test=test, seen=seen)
    assert run.per_user["ndcg@1"].tolist() == [1, 1]
    assert run.per_user["ndcg-linear@1"].tolist() == [1, 1 / 5]
    assert run.per_user["ndcg-exponential@1"].tolist() == [1, 1 / 31]


def test_counts_have_no_exponential_gain_and_equal_weights_none_at_all(log, table):
    seen, ranker = log([(0, 5)]), table([[3, 2, 1, 0, 0, 0]] * 3)
    counts, equal = log([(0, 0), (0, 1)], weight=[100, 1]), log([(0, 0), (0, 1)], weight=[3, 3])
    for test, names in ((counts, {"ndcg-linear@2"}), (equal, set())):
        run = evaluate(ranker, test, seen=seen, k=2)
        assert set(graded(run, test=test, seen=seen)) == names


def test_the_logs_and_lengths_must_be_those_of_the_run(log, table):
    seen, ranker = log([(0, 5)]), table([[3, 2, 1, 0, 0, 0]] * 3)
    test = log([(0, 0), (0, 1)], weight=[1, 2])
    run = evaluate(ranker, test, seen=seen, k=2)
    with pytest.raises(BadData, match="k must be 1 to 2"):
        graded(run, test=test, seen=seen, k=3)
    with pytest.raises(BadData, match="of other users"):
        graded(run, test=log([(1, 0), (1, 1)], weight=[1, 2]), seen=seen)

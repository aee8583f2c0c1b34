from __future__ import annotations

import numpy as np

from prismrec.evaluation.lists import lists
from prismrec.rankers import Query, top_k


def everybody(log, shape, seen=()):
    return Query.of(log(list(seen), shape))


def test_lists_without_ties_are_those_of_top_k(log, table):
    shape = 20, 30
    ranker = table(np.random.default_rng(0).permuted(np.tile(np.arange(30), (20, 1)), axis=1))
    query = everybody(log, shape, seen=[(0, 3), (4, 4)])
    found = lists(ranker, query, 7, only=None, seed=0)
    assert np.array_equal(found, top_k(ranker, query, 7).items)


def test_only_equal_scores_change_places(log, table):
    scores = np.tile([5, 4, 4, 4, 1, 1], (300, 1))
    found = lists(table(scores), everybody(log, scores.shape), 5, only=None, seed=0)
    assert (found[:, 0] == 0).all()
    assert (np.sort(found[:, 1:4], axis=1) == [1, 2, 3]).all()
    assert set(found[:, 4].tolist()) == {4, 5}
    assert {tuple(row) for row in found[:, 1:4].tolist()} == {
        (1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1),
    }  # fmt: skip


def test_a_tie_across_the_end_of_the_list_counts(log, table):
    scores = np.tile([5, 4, 4], (300, 1))
    found = lists(table(scores), everybody(log, scores.shape), 2, only=None, seed=0)
    assert set(found[:, 1].tolist()) == {1, 2}


def test_seen_items_and_items_outside_the_candidates_stay_out(log, table):
    scores = np.zeros((50, 8))
    query = everybody(log, scores.shape, seen=[(user, 2) for user in range(50)])
    found = lists(table(scores), query, 5, only=np.array([1, 2, 3, 3]), seed=0)
    assert (np.sort(found[:, :2], axis=1) == [1, 3]).all()
    assert (found[:, 2:] == -1).all()


def test_the_order_depends_on_seed_and_user_alone(log, table):
    scores = np.zeros((40, 60))
    query, ranker = everybody(log, scores.shape), table(scores)
    whole = lists(ranker, query, 5, only=None, seed=3)
    rows = np.array([7, 30])
    assert np.array_equal(lists(ranker, query.take(rows), 5, only=None, seed=3), whole[rows])
    assert not np.array_equal(lists(ranker, query, 5, only=None, seed=4), whole)

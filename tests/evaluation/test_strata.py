from __future__ import annotations

import numpy as np
import pytest

from prismrec.errors import BadData
from prismrec.evaluation.protocol import cold_items, evaluate
from prismrec.evaluation.strata import pool, strata

# Items 0 and 1 are used a lot, 2 and 3 once, 4 and 5 by nobody. Users 0 to 4 have 0 to 4 items.
TRAIN = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (4, 2), (4, 3)]
TEST = [(0, 0), (0, 5), (1, 1), (1, 4), (2, 2), (3, 4), (4, 5)]
SHAPE = (5, 6)


@pytest.fixture
def logs(log):
    return {"train": log(TRAIN, SHAPE), "test": log(TEST, SHAPE)}


@pytest.fixture
def run(logs, table):
    scores = np.tile([6, 5, 4, 3, 2, 1], (5, 1))  # popular first
    return evaluate(table(scores), logs["test"], seen=logs["train"], k=(1, 2))


def by_name(found):
    return {(s.by, s.name): s for s in found}


def test_users_are_taken_apart_by_what_they_have_in_train(run, logs):
    found = by_name(strata(run, **logs))
    assert found["user activity", "new"].users.tolist() == [0]
    assert found["user activity", "light"].users.tolist() == [1, 2]
    assert found["user activity", "medium"].users.tolist() == [3]
    assert found["user activity", "heavy"].users.tolist() == [4]
    assert found["user activity", "light"].detail == "1 to 2 items in train"
    assert found["user history", "known"].users.tolist() == [1, 2, 3, 4]


def test_a_group_of_users_has_the_mean_of_their_figures(run, logs):
    light = by_name(strata(run, **logs))["user activity", "light"]
    # User 1 finds item 1 of 1 and 4 at the first place; user 2 finds the only item at the first.
    assert light.metrics["recall@1"].mean == pytest.approx(0.75)
    assert set(light.metrics) == set(run.metrics)
    assert light.n_relevant == 3


def test_items_are_taken_apart_by_their_share_of_the_use(run, logs):
    found = by_name(strata(run, **logs))
    # Uses 4, 3, 2, 1: a third of the ten is reached within item 0, two thirds within item 1.
    details = {name: s.detail for (by, name), s in found.items() if by == "item popularity"}
    assert details == {
        "new": "0 users in train",
        "tail": "1 to 2 users in train",
        "mid": "3 users in train",
        "head": "4 users in train",
    }


def test_recall_of_a_group_of_items_counts_its_own_relevant_items_only(run, logs):
    found = by_name(strata(run, **logs))
    assert found["item popularity", "head"].metrics["recall@1"].mean == 1  # item 0 of user 0
    assert found["item popularity", "mid"].metrics["recall@1"].mean == 1  # item 1 of user 1
    new = found["item history", "new"]
    assert new.users.tolist() == [0, 1, 3, 4]
    assert new.n_relevant == 4
    # Lists of two: user 0 gets 0 and 1, user 1 gets 1 and 2, user 3 gets 3 and 4, user 4 both.
    assert new.per_user["recall@2"].tolist() == [0, 0, 1, 1]


def test_groups_of_items_put_together_give_the_recall_of_all(run, logs):
    groups = [s for s in strata(run, **logs) if s.by == "item popularity"]
    found, relevant = np.zeros(5), np.zeros(5)
    pairs = np.array(TEST)
    for group in groups:
        inside = [user for user, item in pairs if _popularity_of(item) == group.name]
        counts = np.bincount(inside, minlength=5)
        relevant += counts
        found[group.users] += group.per_user["recall@2"] * counts[group.users]
    np.testing.assert_allclose(found / relevant, run.per_user["recall@2"])


def _popularity_of(item):
    return ["head", "mid", "tail", "tail", "new", "new"][item]


def test_where_most_users_have_one_item_they_are_the_light_ones(log, table):
    train = log([(0, 0), (1, 0), (2, 0), (2, 1)], (3, 4))
    test = log([(0, 2), (1, 2), (2, 2)], (3, 4))
    run = evaluate(table(np.ones((3, 4))), test, seen=train)
    names = [(s.name, s.n_users) for s in strata(run, train=train, test=test) if s.by[:4] == "user"]
    assert names == [("light", 2), ("heavy", 1)]


def test_new_items_measured_alone_need_the_same_candidates(logs, table):
    only = cold_items(logs["train"])
    scores = np.tile(np.arange(6), (5, 1))
    run = evaluate(table(scores), logs["test"], seen=logs["train"], k=1, only=only)
    found = strata(run, **logs, only=only)
    assert [s.name for s in found if s.by == "item popularity"] == ["new"]
    assert "item history" not in {s.by for s in found}
    with pytest.raises(BadData, match=r"train, test and `only`"):
        strata(run, **logs)


def test_runs_are_pooled_by_name(run, logs):
    once, twice = strata(run, **logs), pool([strata(run, **logs)] * 2)
    assert [(s.by, s.name) for s in once] == [(s.by, s.name) for s in twice]
    assert [2 * s.n_relevant for s in once] == [s.n_relevant for s in twice]
    assert [s.n_users for s in once] == [s.n_users for s in twice]
    assert once[0].metrics["recall@2"].mean == twice[0].metrics["recall@2"].mean


def test_as_json_holds_plain_values(run, logs):
    first = strata(run, **logs)[0].to_json()
    assert (first["by"], first["name"], first["n_users"]) == ("user activity", "new", 1)
    assert set(first["metrics"]["recall@1"]) == {"mean", "low", "high"}

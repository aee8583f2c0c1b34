from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.holdout import HeldOut, hold_out
from prismrec.models.prism import gathering
from prismrec.models.prism.gathering import gather, hidden_items
from prismrec.rankers import Mixture, Part
from prismrec.train import Training

N = 40


@pytest.fixture
def data(make_dataset) -> Dataset:
    return make_dataset(n_users=60, n_items=N)


@pytest.fixture
def held(data) -> HeldOut:
    late = np.arange(len(data.interactions)) >= 0.8 * len(data.interactions)
    early, valid = (data.with_interactions(data.interactions.take(rows)) for rows in (~late, late))
    return hold_out(early, Training(valid=valid))


@pytest.fixture
def relations() -> Mixture:
    """Two relations; the prior of an item is its row, so that it can be told who was drawn."""
    rng = np.random.default_rng(0)
    parts = tuple(
        Part(name, name, rng.random((N, N)).astype(np.float32)) for name in ("image", "text")
    )
    none = np.zeros((2, 3), np.float32)
    rows = np.arange(N, dtype=np.float32)
    return Mixture(parts, none, none, rows, rows)


def test_the_first_candidate_is_the_choice(relations, held):
    choices = gather(relations, held, np.arange(N))
    assert choices.evidence.shape == (5, len(held.choices.values), 1 + N)
    assert choices.evidence[-1, :, 0].tolist() == held.choices.values.tolist()
    assert (choices.stands_for[:, 0] == 1).all()


def test_evidence_is_that_of_the_person_and_then_times_the_coherence(relations, held, monkeypatch):
    monkeypatch.setattr(gathering, "BLOCK", 7 * N)  # seven people at once
    choices = gather(relations, held, np.arange(N))
    people, items = held.choices.rows[:, None], choices.evidence[-1].astype(int)
    for row, found in enumerate(relations.evidence(held.query)):
        expected = found.scores[people, items]
        assert choices.evidence[row] == pytest.approx(expected, rel=1e-5)
        gated = expected * found.coherence[people]
        assert choices.evidence[2 + row] == pytest.approx(gated, rel=1e-3, abs=1e-6)
    assert np.array_equal(choices.bucket, np.digitize(items, [1, 6]))


def test_known_items_stand_for_nothing_and_the_others_for_the_catalogue(relations, held):
    choices = gather(relations, held, np.arange(N))
    items = choices.evidence[-1].astype(int)
    for row, person in enumerate(held.choices.rows):
        known = {*held.query.history[person].tolist(), *held.choices[person].tolist()}
        expected = [0 if item in known else 1 for item in items[row, 1:]]
        assert choices.stands_for[row, 1:].tolist() == expected


def test_a_sample_stands_for_the_whole_pool(relations, held, monkeypatch):
    monkeypatch.setattr(gathering, "OTHERS", 8)
    pool = np.arange(0, N, 2)
    choices = gather(relations, held, pool)
    items = choices.evidence[-1].astype(int)
    assert items.shape[1] == 9
    assert np.isin(items, pool).all()
    assert len(items) == np.isin(held.choices.values, pool).sum()
    assert set(np.unique(choices.stands_for[:, 1:])) == {0, np.float32(20 / 8)}


def test_each_person_weighs_1(relations, held):
    choices = gather(relations, held, np.arange(N))
    total = np.bincount(held.choices.rows, choices.weight)
    assert total == pytest.approx(np.ones(len(held)))


def test_only_so_many_choices_are_used_and_a_seed_draws_the_same_ones(relations, held):
    few = [gather(relations, held, np.arange(N), most=10, seed=seed) for seed in (0, 0, 1)]
    assert [len(choices) for choices in few] == [10, 10, 10]
    assert np.array_equal(few[0].evidence, few[1].evidence)
    assert not np.array_equal(few[0].evidence, few[2].evidence)


def test_an_empty_pool_and_nobody_give_no_choices(relations, held):
    assert len(gather(relations, held, np.array([], np.int64))) == 0
    nobody = np.array([], np.int64)
    none = replace(held, query=held.query.take(nobody), choices=held.choices.take(nobody))
    assert len(gather(relations, none, np.arange(N))) == 0


# items that play new ones


def test_hidden_items_vanish_from_the_log_and_their_choices_are_kept(data):
    hidden = hidden_items(data)
    left = hidden.train.item_support() > 0
    gone = np.flatnonzero(~left & (data.item_support() > 0))
    assert len(gone) == int(0.2 * (data.item_support() > 0).sum())
    assert set(hidden.choices.values.tolist()) == set(gone.tolist())
    assert hidden.train.items is data.items
    before, after = data.matrix().toarray(), hidden.train.matrix().toarray()
    assert np.array_equal(before[:, left], after[:, left])
    for row, user in enumerate(hidden.query.users):
        assert hidden.choices[row].tolist() == np.flatnonzero(before[user] - after[user]).tolist()
        assert set(hidden.query.history[row].tolist()) == set(np.flatnonzero(after[user]).tolist())


def test_somebody_who_used_hidden_items_only_is_left_out(data):
    gone = np.unique(hidden_items(data).choices.values)
    log = data.interactions
    only_hidden = data.with_interactions(log.take((log.users != 3) | np.isin(log.items, gone)))
    again = hidden_items(only_hidden)
    assert np.unique(again.choices.values).tolist() == gone.tolist()
    assert 3 not in again.query.users.tolist()
    assert (again.query.history.lengths > 0).all()


def test_a_single_item_hides_and_leaves_nothing(data):
    one = data.with_interactions(data.interactions.take(data.interactions.items == 5))
    hidden = hidden_items(one)
    assert len(hidden) == len(hidden.train.interactions) == 0
    empty = data.with_interactions(data.interactions.take(np.array([], np.int64)))
    assert len(hidden_items(empty)) == 0

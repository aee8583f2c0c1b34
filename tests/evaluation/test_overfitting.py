from __future__ import annotations

import json

import numpy as np
import pytest

import prismrec as pr
from prismrec.data.split import split
from prismrec.errors import BadData
from prismrec.evaluation.overfitting import train_test_gap


@pytest.fixture(scope="module")
def parts(make_dataset):
    return split(make_dataset(300, 120), "random", valid=0, test=0.2)


def test_a_model_that_memorised_train_shows_a_large_gap(parts, table):
    memory = parts.train.matrix().toarray()
    found = train_test_gap(table(memory), train=parts.train, test=parts.test)
    assert found.train["recall@20"].mean == 1
    assert found.gap["recall@20"].low > 0.4


def test_a_model_that_knows_nothing_shows_none(parts, table):
    noise = np.random.default_rng(0).random((300, 120))
    found = train_test_gap(table(noise), train=parts.train, test=parts.test)
    assert found.gap["recall@20"].low < 0 < found.gap["recall@20"].high


def test_what_it_was_fitted_on_is_no_leak_here(parts):
    found = train_test_gap(
        pr.models.Popularity().fit(parts.train), train=parts.train, test=parts.test
    )
    assert found.n_users > 250
    plain = json.loads(json.dumps(found.to_json()))
    assert plain["gap"]["ndcg@20"].keys() == {"mean", "low", "high"}


def test_people_of_one_item_have_nothing_to_hide(log, table):
    train, test = log([(0, 0), (1, 1)]), log([(0, 2), (1, 3)])
    with pytest.raises(BadData, match="two items in train"):
        train_test_gap(table(np.zeros((3, 6))), train=train, test=test)


def test_all_events_of_a_hidden_pair_are_hidden(log, table):
    train = log([(0, 0), (0, 0), (0, 0), (0, 1), (0, 1)], time=[1, 2, 3, 1, 2])
    found = train_test_gap(table(np.zeros((3, 6))), train=train, test=log([(0, 2)], time=[9]))
    assert found.n_users == 1

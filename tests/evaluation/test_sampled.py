from __future__ import annotations

import inspect

import numpy as np
import pytest

import prismrec as pr
from prismrec import registry
from prismrec.data.split import split
from prismrec.errors import BadData, Leak
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.sampled import evaluate_sampled


@pytest.fixture(scope="module")
def parts(make_dataset):
    return split(make_dataset(200, 120), "random", test=0.2)


def test_a_model_without_an_opinion_finds_what_chance_gives(parts, table):
    found = evaluate_sampled(
        table(np.zeros((200, 120))), parts.test, seen=parts.train, n_negatives=20, k=5
    )
    assert set(found.metrics) == {"sampled recall@5", "sampled ndcg@5", "sampled hit@5"}
    log = parts.test.interactions
    wanted = np.bincount(np.unique(log.users * 120 + log.items) // 120, minlength=200)
    chance = np.mean(5 / (20 + wanted[found.users]))
    recall = found.metrics["sampled recall@5"]
    assert recall.low < chance < recall.high


def test_lists_hold_relevant_items_and_negatives_only(parts, table):
    found = evaluate_sampled(table(np.ones((200, 120))), parts.test, seen=parts.train, k=120)
    listed = found.items >= 0
    seen = parts.train.matrix().toarray()[found.users]
    rows = np.nonzero(listed)[0]
    assert not seen[rows, found.items[listed]].any()
    assert (listed.sum(axis=1) <= 120 - seen.sum(axis=1)).all()
    assert found.metrics["sampled recall@120"].mean == 1


def test_every_model_gets_the_same_negatives(parts, table):
    rng = np.random.default_rng(0)
    lists = [
        evaluate_sampled(
            table(rng.random((200, 120))), parts.test, seen=parts.train, n_negatives=10, k=100
        ).items
        for _ in range(2)
    ]
    assert (np.sort(lists[0], axis=1) == np.sort(lists[1], axis=1)).all()


def test_it_flatters_and_says_so(parts):
    ranker = pr.models.Popularity().fit(parts.train)
    sampled = evaluate_sampled(ranker, parts.test, seen=parts.train, n_negatives=20)
    honest = evaluate(ranker, parts.test, seen=parts.train)
    assert sampled.metrics["sampled recall@20"].low > honest.metrics["recall@20"].high
    assert "far too good" in sampled.notes[0]


def test_evaluate_cannot_be_talked_into_it():
    assert "n_negatives" not in inspect.signature(evaluate).parameters
    assert not [name for name in registry.names("metrics") if "sampled" in name]


def test_leaks_and_wrong_arguments_are_refused(parts, table):
    whole = table(np.zeros((200, 120)))
    with pytest.raises(Leak):
        evaluate_sampled(whole, parts.train, seen=parts.train)
    with pytest.raises(BadData, match="1 or more"):
        evaluate_sampled(whole, parts.test, seen=parts.train, n_negatives=0)
    with pytest.raises(BadData, match="knows 7 items"):
        evaluate_sampled(table(np.zeros((200, 7))), parts.test, seen=parts.train)

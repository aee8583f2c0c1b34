"""Properties of lists beyond accuracy, against the definition read out user by user."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec import registry
from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.evaluation import list_metrics as module
from prismrec.evaluation.beyond import beyond, with_beyond
from prismrec.evaluation.list_metrics import Given
from prismrec.evaluation.protocol import evaluate

NAMES = registry.names("list-metrics")


def random_given(seed: int) -> Given:
    """Lists that end early, histories that may be empty, covers that may be missing."""
    rng = np.random.default_rng(seed)
    n, k, n_items = (int(rng.integers(low, high)) for low, high in ((1, 7), (1, 6), (6, 15)))
    n_users = int(rng.integers(n, 12))
    log = rng.random((n_users, n_items)) < rng.random(n_items)
    histories = [np.flatnonzero(row) for row in log[:n]]
    items = np.full((n, k), -1)
    for row, past in enumerate(histories):
        fresh = rng.permutation(np.setdiff1d(np.arange(n_items), past))[: rng.integers(k + 1)]
        items[row, : len(fresh)] = fresh
    cover = Feature(rng.normal(size=(n_items, 4)).astype("f4"), rng.random(n_items) < 0.7)
    cover = replace(cover, imputed=cover.present & (rng.random(n_items) < 0.2))
    return Given(
        items=items,
        hits=(rng.random((n, k)) < 0.5) & (items >= 0),
        history=Jagged.from_rows([past.tolist() for past in histories]),
        support=log.sum(axis=0),
        n_users=int(log.any(axis=1).sum()),
        n_candidates=n_items,
        features={"image": cover},
    )


def slow_novelty(given: Given, row: int, shown: list[int]) -> float:
    bits = [-math.log2(max(given.support[i], 1) / max(given.n_users, 1)) for i in shown]
    return sum(bits) / len(bits) if bits else math.nan


def slow_diversity(given: Given, row: int, shown: list[int]) -> float:
    cover = given.features["image"]
    vectors = [cover.values[i].astype(float) for i in shown if cover.observed[i]]
    apart = [
        1 - a @ b / math.sqrt((a @ a) * (b @ b)) for a, b in itertools.combinations(vectors, 2)
    ]
    return sum(apart) / len(apart) if apart else math.nan


def slow_serendipity(given: Given, row: int, shown: list[int]) -> float:
    k, past = given.items.shape[1], set(given.history[row].tolist())
    popular = sorted(range(len(given.support)), key=lambda i: -given.support[i])
    expected = {i for i in [i for i in popular if i not in past][:k] if given.support[i] > 0}
    surprises = [i for i, hit in zip(shown, given.hits[row], strict=False) if hit]
    return len(set(surprises) - expected) / k


def slow_calibration(given: Given, row: int, shown: list[int]) -> float:
    popular = sorted(range(len(given.support)), key=lambda i: -given.support[i])
    total, group, above = given.support.sum(), {}, 0
    for item in popular:
        below = total - above
        group[item] = 0 if above < 0.2 * total else 2 if below <= 0.2 * total else 1
        above += given.support[item]
    past = given.history[row].tolist()
    if not past or not shown:
        return math.nan
    one, other = (
        [[group[i] for i in part].count(g) / len(part) for g in range(3)] for part in (shown, past)
    )
    apart = sum(
        p * math.log2(2 * p / (p + q)) / 2
        for a, b in ((one, other), (other, one))
        for p, q in zip(a, b, strict=True)
        if p > 0
    )
    return 1 - apart


SLOW = {
    "novelty": slow_novelty,
    "diversity-image": slow_diversity,
    "serendipity": slow_serendipity,
    "calibration": slow_calibration,
}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**20))
def test_each_equals_its_definition_read_out_user_by_user(seed):
    case = random_given(seed)
    found = {}
    for name in NAMES:
        found |= registry.load("list-metrics", name)(case)
    lists = [[i for i in row if i >= 0] for row in case.items.tolist()]
    for name, slow in SLOW.items():
        expected = [slow(case, row, shown) for row, shown in enumerate(lists)]
        assert np.allclose(found[name], expected, atol=1e-5, equal_nan=True), name
    shown = np.array([sum(row.count(i) for row in lists) for i in range(case.n_candidates)])
    apart = np.abs(shown[:, None] - shown).sum() / 2  # Gini's mean difference
    expected = apart / (case.n_candidates * shown.sum()) if shown.any() else None
    assert found.get("gini") == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("name", NAMES)
def test_every_registered_list_metric_has_a_worked_example(name):
    assert ">>>" in registry.load("list-metrics", name).__doc__


def test_diversity_does_not_depend_on_the_size_of_a_block(monkeypatch):
    case = random_given(3)
    whole = module.diversity(case)["diversity-image"]
    monkeypatch.setattr(module, "BLOCK", 1)
    assert np.array_equal(module.diversity(case)["diversity-image"], whole, equal_nan=True)


def test_raw_pixels_have_no_diversity():
    case = random_given(3)
    raw = replace(case.features["image"], layout="pixels")
    assert module.diversity(replace(case, features={"image": raw})) == {}


@pytest.fixture
def shop(log):
    """Five users, eight items; user 4 has no history."""
    seen = log([(0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (3, 1)], (5, 8))
    cover = Feature.of(np.eye(8, dtype="f4"))
    return replace(seen, items={"image": cover}), log([(0, 5), (1, 1), (4, 0)], (5, 8))


def test_an_evaluation_is_extended_by_figures_with_intervals(shop, table):
    seen, test = shop
    ranker = table(np.tile(-np.arange(8.0), (5, 1)))
    plain = evaluate(ranker, test, seen=seen, k=(2, 4))
    more = with_beyond(plain, train=seen, k=(2, 4))
    assert set(more.metrics) >= set(plain.metrics)
    assert more.metrics["diversity-image@4"] == pytest.approx((1, 1, 1))
    assert np.isnan(more.per_user["calibration@4"]).tolist() == [False, False, True]
    assert more.metrics["calibration@4"].mean == pytest.approx(
        np.nanmean(more.per_user["calibration@4"])
    )
    assert more.lists.keys() - plain.lists.keys() == {"gini@2", "gini@4"}
    assert "NaN" not in json.dumps(more.to_json())


def test_a_figure_that_nobody_has_is_left_out(shop, table):
    seen, test = shop
    ranker = table(np.tile(-np.arange(8.0), (5, 1)))
    alone = with_beyond(evaluate(ranker, test, seen=seen, k=1), train=seen)
    assert "diversity-image@1" not in alone.metrics  # one item makes no pair
    assert "novelty@1" in alone.metrics


def test_lists_of_popular_items_are_less_novel_and_more_unequal_than_varied_ones(log, table):
    rng = np.random.default_rng(0)
    fame = 1 / np.arange(1, 61)
    used = np.argwhere(rng.random((80, 60)) < fame + 0.02)
    rng.shuffle(used)
    seen, test = log(used[:-80].tolist(), (80, 60)), log(used[-80:].tolist(), (80, 60))
    popular, random = (
        with_beyond(evaluate(table(scores), test, seen=seen, k=5), train=seen)
        for scores in (np.tile(seen.item_support(), (80, 1)), rng.random((80, 60)))
    )
    assert popular.metrics["novelty@5"].high < random.metrics["novelty@5"].low
    assert popular.lists["gini@5"] > random.lists["gini@5"]
    assert popular.metrics["serendipity@5"].mean == 0


def test_what_does_not_belong_together_is_refused(shop, log, table):
    seen, test = shop
    run = evaluate(table(np.tile(-np.arange(8.0), (5, 1))), test, seen=seen, k=4)
    with pytest.raises(BadData, match="1 to 4"):
        beyond(run, train=seen, k=5)
    with pytest.raises(BadData, match="beyond the 2 of this log"):
        beyond(run, train=log([(0, 0)], (5, 2)))

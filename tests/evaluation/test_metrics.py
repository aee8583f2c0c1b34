from __future__ import annotations

import doctest
import importlib
import math
import pkgutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec import evaluation, registry
from prismrec.evaluation import metrics

MODULES = [module.name for module in pkgutil.iter_modules(evaluation.__path__)]
NAMES = registry.names("metrics")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name):
    module = importlib.import_module(f"prismrec.evaluation.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_registered_metric_has_a_worked_example(name):
    assert ">>>" in registry.load("metrics", name).__doc__


def slow(name: str, hits: list[bool], relevant: int, candidates: int) -> float:
    """The textbook formula for one user, read off the definition."""
    k, found = len(hits), sum(hits)
    precision, recall = found / k, found / relevant
    ranks = [rank for rank, hit in enumerate(hits, 1) if hit]
    shown = min(k, candidates)
    true_negatives = candidates - relevant - (shown - found)
    return {
        "accuracy": (found + true_negatives) / candidates,
        "f1": 2 * precision * recall / (precision + recall) if found else 0.0,
        "hit": float(found > 0),
        "map": sum(sum(hits[:rank]) / rank for rank in ranks) / min(relevant, k),
        "mrr": 1 / ranks[0] if ranks else 0.0,
        "ndcg": sum(1 / math.log2(rank + 1) for rank in ranks)
        / sum(1 / math.log2(rank + 1) for rank in range(1, min(relevant, k) + 1)),
        "precision": precision,
        "recall": recall,
    }[name]


@st.composite
def lists(draw):
    """(n, k) hits with at least one relevant item per user and lists that may end early."""
    n, k = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    candidates = rng.integers(1, 20, n)
    relevant = rng.integers(1, candidates + 1)
    hits = np.zeros((n, k), bool)
    for row in range(n):
        ranked = rng.permutation(candidates[row]) < relevant[row]
        hits[row, : len(ranked[:k])] = ranked[:k]
    return hits, relevant, candidates


@given(lists())
def test_each_equals_the_textbook_formula_and_stays_between_0_and_1(given_lists):
    hits, relevant, candidates = given_lists
    users = list(zip(hits.tolist(), relevant.tolist(), candidates.tolist(), strict=True))
    for name in NAMES:
        values = registry.load("metrics", name)(hits, relevant, candidates)
        assert values.dtype == np.float64, name
        assert np.allclose(values, [slow(name, *user) for user in users], atol=1e-12), name
        assert (values >= 0).all(), name
        assert (values <= 1 + 1e-12).all(), name


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"precision", "recall", "f1", "accuracy"}))
@pytest.mark.parametrize("relevant", [1, 4, 9])
def test_the_best_list_is_worth_1_whatever_its_length(name, relevant):
    hits = np.arange(4)[None, :] < relevant
    measure = registry.load("metrics", name)
    assert measure(hits, np.array([relevant]), np.array([20])) == pytest.approx(1)


@pytest.mark.parametrize("name", ["map", "mrr", "ndcg"])
def test_a_hit_further_up_is_worth_more(name):
    hits = np.eye(5, dtype=bool)
    values = registry.load("metrics", name)(hits, np.full(5, 2), np.full(5, 9))
    assert (np.diff(values) < 0).all()


def test_coverage_counts_each_item_once_and_no_padding():
    assert metrics.coverage(np.array([[3, -1], [3, -1]]), 4) == 0.25
    assert metrics.coverage(np.empty((0, 2), np.int64), 4) == 0.0
    assert metrics.coverage(np.empty((0, 2), np.int64), 0) == 0.0

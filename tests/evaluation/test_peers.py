"""The ranking metrics once more, against two libraries that measure search engines.

Where definitions differ the comparison converts: their MAP divides by all relevant items, ours by
min(relevant, k); F1 stands in one of the two only. The rest is equal as it is, graded NDCG too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec import registry
from prismrec.evaluation.graded import graded
from prismrec.evaluation.protocol import evaluate

RANX = {"precision": "precision", "recall": "recall", "f1": "f1", "hit": "hit_rate",
        "map": "map", "mrr": "mrr", "ndcg": "ndcg"}  # fmt: skip
IR_MEASURES = {"precision": ir_measures.P, "recall": ir_measures.R, "hit": ir_measures.Success,
               "map": ir_measures.AP, "mrr": ir_measures.RR, "ndcg": ir_measures.nDCG}  # fmt: skip
STEEP = {grade: 2**grade - 1 for grade in range(1, 6)}


class Case(NamedTuple):
    """One random run: lists of several lengths, each user with something to be found."""

    wanted: dict[str, dict[str, int]]  # user -> item -> grade
    lists: dict[str, list[str]]  # user -> items, best first
    ours: dict[str, np.ndarray]  # metric@k -> a value per user
    relevant: np.ndarray  # a number per user


Measure = Callable[[Case, int], dict[str, np.ndarray]]


def case_of(log, table, seed: int, sizes: list[int]) -> Case:
    """Measure a random ranker on a random log: small catalogues make lists that end early."""
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(1, 8)), int(rng.integers(4, 25))
    pairs = rng.permutation(np.unique(rng.integers(0, shape, (60, 2)), axis=0))
    cut = len(pairs) // 2
    grades = rng.integers(1, 6, len(pairs))
    seen, test = log(pairs[:cut], shape), log(pairs[cut:], shape, weight=grades[cut:])
    run = evaluate(table(rng.random(shape)), test, seen=seen, k=sizes)
    wanted: dict[str, dict[str, int]] = {f"u{user}": {} for user in run.users}
    for (user, item), grade in zip(pairs[cut:], grades[cut:].tolist(), strict=True):
        wanted[f"u{user}"][f"i{item}"] = grade
    lists = {
        f"u{user}": [f"i{item}" for item in row if item >= 0]
        for user, row in zip(run.users, run.items, strict=True)
    }
    more = graded(run, test=test, seen=seen, k=sizes)
    relevant = np.array([len(items) for items in wanted.values()])
    return Case(wanted, lists, {**run.per_user, **more}, relevant)


def by_ir_measures(case: Case, k: int) -> dict[str, np.ndarray]:
    def measured(measures, grades):
        qrels = [
            ir_measures.Qrel(user, item, grade)
            for user, items in grades.items()
            for item, grade in items.items()
        ]
        run = [
            ir_measures.ScoredDoc(user, item, -float(rank))
            for user, items in case.lists.items()
            for rank, item in enumerate(items)
        ]
        found = ir_measures.iter_calc(list(measures.values()), qrels, run)
        values = {(entry.measure, entry.query_id): entry.value for entry in found}
        return {
            name: np.array([values[measure, user] for user in case.wanted])
            for name, measure in measures.items()
        }

    cut = {name: measure @ k for name, measure in IR_MEASURES.items()}
    once = {user: dict.fromkeys(items, 1) for user, items in case.wanted.items()}
    ndcg = {"ndcg-linear": ir_measures.nDCG @ k}
    steep = {user: {i: STEEP[g] for i, g in items.items()} for user, items in case.wanted.items()}
    return {
        **measured(cut, once),
        **measured(ndcg, case.wanted),
        **{"ndcg-exponential": measured(ndcg, steep)["ndcg-linear"]},
    }


def by_ranx(case: Case, k: int) -> dict[str, np.ndarray]:
    import ranx

    run = {u: {i: -float(rank) for rank, i in enumerate(x)} for u, x in case.lists.items()}
    once = {user: dict.fromkeys(items, 1) for user, items in case.wanted.items()}
    out = {}
    for wanted, names in (
        (once, RANX),
        (case.wanted, {"ndcg-linear": "ndcg", "ndcg-exponential": "ndcg_burges"}),
    ):
        qrels, found = ranx.Qrels(wanted), ranx.Run(run)
        theirs = [f"{name}@{k}" for name in names.values()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its compiled code warns on first use
            ranx.evaluate(qrels, found, theirs if len(theirs) > 1 else theirs[0])
        for name, their in zip(names, theirs, strict=True):
            out[name] = np.array([found.scores[their][user] for user in case.wanted])
    return out


def check(case: Case, sizes: list[int], peer: Measure) -> None:
    for k in sizes:
        for name, theirs in peer(case, k).items():
            if f"{name}@{k}" not in case.ours:  # all grades alike
                continue
            values = case.ours[f"{name}@{k}"]
            if name == "map":
                values = values * np.minimum(case.relevant, k) / case.relevant
            assert np.allclose(values, theirs, atol=1e-9), (name, k)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**20), st.sets(st.integers(1, 12), min_size=1, max_size=3))
def test_every_metric_equals_that_of_ir_measures(log, table, seed, sizes):
    check(case_of(log, table, seed, sorted(sizes)), sorted(sizes), by_ir_measures)


@pytest.mark.slow  # it compiles for half a minute
@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**20), st.sets(st.integers(1, 12), min_size=1, max_size=3))
def test_every_metric_equals_that_of_ranx(log, table, seed, sizes):
    check(case_of(log, table, seed, sorted(sizes)), sorted(sizes), by_ranx)


def test_no_metric_is_left_out_but_the_one_that_search_does_not_know():
    assert set(registry.names("metrics")) - {"accuracy"} == set(RANX) == {"f1", *IR_MEASURES}

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prismrec.errors import Leak
from prismrec.evaluation import auc as module
from prismrec.evaluation.auc import auc
from prismrec.evaluation.protocol import evaluate


def slow(scores, wanted, seen, allowed) -> float:
    """Every pair of one user, looked at."""
    good = [i for i in np.flatnonzero(wanted) if allowed[i] and not seen[i]]
    bad = [i for i in range(len(scores)) if i not in good and allowed[i] and not seen[i]]
    value = np.nan_to_num(scores, nan=np.finfo("f4").min, neginf=-np.inf)
    won = [float(value[g] > value[b]) + (value[g] == value[b]) / 2 for g in good for b in bad]
    return sum(won) / len(won) if won else np.nan


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**16), st.booleans(), st.sampled_from([1, 25, module.BLOCK]))
def test_it_equals_every_pair_looked_at(log, table, seed, some, block):
    rng = np.random.default_rng(seed)
    shape = 6, 9
    pairs = rng.permutation(np.unique(rng.integers(0, shape, (30, 2)), axis=0))
    seen, test = log(pairs[:9].tolist(), shape), log(pairs[9:].tolist(), shape)
    scores = rng.integers(0, 4, shape).astype("f4")
    scores[rng.random(shape) < 0.15] = np.nan
    scores[rng.random(shape) < 0.1] = -np.inf
    only = rng.permutation(9)[:5] if some else None
    if some and not np.isin(test.interactions.items, only).any():
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        found = auc(table(scores), test, seen=seen, only=only)
    users = evaluate(table(scores), test, seen=seen, only=only, metrics=["hit"]).users
    allowed = np.isin(np.arange(9), only) if some else np.ones(9, bool)
    wanted, masked = test.matrix().toarray() > 0, seen.matrix().toarray() > 0
    expected = [slow(scores[u], wanted[u], masked[u], allowed) for u in users]
    assert np.allclose(found, expected, equal_nan=True)


def test_a_perfect_ranker_a_blind_one_and_one_that_is_upside_down(log, table):
    test, seen = log([(0, 1), (0, 2), (1, 3)], (2, 6)), log([(0, 0)], (2, 6))
    wanted = test.matrix().toarray()
    for factor, expected in ((1, 1.0), (0, 0.5), (-1, 0.0)):
        assert auc(table(factor * wanted), test, seen=seen).tolist() == [expected] * 2


def test_it_extends_an_evaluation_and_who_has_no_pair_is_left_out(log, table):
    seen, test = log([(0, 0)], (2, 3)), log([(0, 1), (0, 2), (1, 0)], (2, 3))
    ranker = table([[0, 1, 2], [0, 1, 2]])
    values = auc(ranker, test, seen=seen)
    assert np.isnan(values[0])
    run = evaluate(ranker, test, seen=seen, k=2).extended({"auc": values})
    assert run.metrics["auc"].mean == 0
    assert run.n_users == 2


def test_a_leak_is_refused(log, table):
    with pytest.raises(Leak):
        auc(table(np.zeros((3, 6))), log([(0, 1)]), seen=log([(0, 1)]))

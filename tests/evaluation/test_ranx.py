"""The ranking metrics once more, against a well-kept metrics library."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from prismrec.evaluation.protocol import evaluate
from prismrec.rankers import Query, top_k

NAMES = {"precision": "precision", "recall": "recall", "f1": "f1", "hit": "hit_rate",
         "map": "map", "mrr": "mrr", "ndcg": "ndcg"}  # fmt: skip


def ranx_per_user(test, lists, users, metric, k):
    import ranx

    wanted = {
        f"u{user}": {f"i{i}": 1 for i in test.interactions.items[test.interactions.users == user]}
        for user in users
    }
    found = {
        f"u{user}": {f"i{i}": float(-rank) for rank, i in enumerate(row) if i >= 0}
        for user, row in zip(users, lists, strict=True)
    }
    qrels, run = ranx.Qrels(wanted), ranx.Run(found)
    ranx.evaluate(qrels, run, f"{metric}@{k}")
    return np.array([run.scores[f"{metric}@{k}"][f"u{user}"] for user in users])


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the library's compiled code warns on first use
@pytest.mark.parametrize("seed", range(3))
def test_every_metric_equals_that_of_ranx(log, table, seed):
    rng = np.random.default_rng(seed)
    shape = 60, 90
    pairs = rng.permutation(np.unique(rng.integers(0, shape, (900, 2)), axis=0))
    seen, test = log(pairs[:450].tolist(), shape), log(pairs[450:].tolist(), shape)
    ranker = table(rng.normal(size=shape))
    ks = 1, 5, 20
    out = evaluate(ranker, test, seen=seen, k=ks)
    lists = top_k(ranker, Query.of(seen, out.users), max(ks)).items
    relevant = np.bincount(test.interactions.users, minlength=shape[0])[out.users]
    for k in ks:
        for ours, theirs in NAMES.items():
            values = out.per_user[f"{ours}@{k}"]
            if ours == "map":  # theirs is divided by all relevant items, ours by min(relevant, k)
                values = values * np.minimum(relevant, k) / relevant
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = ranx_per_user(test, lists, out.users, theirs, k)
            assert np.allclose(values, expected, atol=1e-9), (ours, k)

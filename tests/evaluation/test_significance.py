from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from prismrec.errors import BadData, UnknownName
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.result import pool
from prismrec.evaluation.significance import bootstrap_p, compare_all, holm, wilcoxon_p


def null(rng: np.random.Generator, n: int, experiments: int) -> np.ndarray:
    """Differences of two equally good models: most users get 0 from either, users differ."""
    ease = rng.beta(0.6, 1.8, (n, experiments))
    ours, theirs = (
        np.where(rng.random(ease.shape) < ease, rng.beta(2, 3, ease.shape), 0) for _ in range(2)
    )
    return ours - theirs


@pytest.mark.parametrize(("n", "highest"), [(30, 0.10), (100, 0.085)])
def test_they_keep_their_level_on_models_that_are_equally_good(n, highest):
    gaps = null(np.random.default_rng(n), n, 500)  # standard error of a rate of .05: .01
    for p in (bootstrap_p(gaps, np.arange(n)), wilcoxon_p(gaps, np.arange(n))):
        assert 0.02 <= (p < 0.05).mean() <= highest
        assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.08)


def test_they_find_a_difference_that_is_there():
    gaps = null(np.random.default_rng(0), 400, 100) + 0.05
    for p in (bootstrap_p(gaps, np.arange(400)), wilcoxon_p(gaps, np.arange(400))):
        assert (p < 0.05).mean() > 0.9


def test_holm_errs_in_one_family_of_ten_in_twenty_at_most():
    gaps = null(np.random.default_rng(1), 100, 1000)
    families = bootstrap_p(gaps, np.arange(100)).reshape(100, 10)
    wrong = np.array([(holm(family) < 0.05).any() for family in families])
    assert wrong.mean() <= 0.12  # standard error of .05: .02
    assert (families < 0.05).any(axis=1).mean() > 0.3  # what it corrects


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_procedure_that_steps_down(p):
    ranked = sorted(range(len(p)), key=lambda i: p[i])
    corrected, worst = [0.0] * len(p), 0.0
    for step, i in enumerate(ranked):
        worst = max(worst, min((len(p) - step) * p[i], 1))
        corrected[i] = worst
    assert np.allclose(holm(p), corrected)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**16), st.integers(2, 60))
def test_signed_ranks_by_hand(seed, n):
    """The textbook sum with Pratt's zeros and tied ranks."""
    gap = np.random.default_rng(seed).integers(-3, 4, n) / 4
    rank = stats.rankdata(abs(gap))
    plus, zeros = rank[gap > 0].sum(), (gap == 0).sum()
    mean = (n * (n + 1) - zeros * (zeros + 1)) / 4
    sizes = np.unique(abs(gap[gap != 0]), return_counts=True)[1]
    variance = n * (n + 1) * (2 * n + 1) - zeros * (zeros + 1) * (2 * zeros + 1)
    variance = (variance - (sizes**3 - sizes).sum() / 2) / 24
    z = (plus - mean) / variance**0.5 if (gap != 0).any() else 0
    expected = 2 * stats.norm.sf(abs(z))
    assert wilcoxon_p(gap[:, None], np.arange(n))[0] == pytest.approx(expected)


def test_rounding_is_no_gain():
    gaps = np.full((50, 1), 0.1 + 0.2 - 0.3)
    assert bootstrap_p(gaps, np.arange(50)) == 1
    assert wilcoxon_p(gaps, np.arange(50)) == 1


@pytest.fixture(scope="module")
def runs(log, table):
    """Chance, a hint of what is wanted, and a strong hint; for 58 users among 50 items."""
    rng = np.random.default_rng(0)
    pairs = rng.permutation(np.unique(rng.integers(0, (60, 50), (600, 2)), axis=0))
    seen, test = log(pairs[:300].tolist(), (60, 50)), log(pairs[300:].tolist(), (60, 50))
    wanted, noise = test.matrix().toarray(), rng.random((60, 50))
    return {
        name: evaluate(table(noise + hint * wanted), test, seen=seen, k=5)
        for name, hint in (("chance", 0.0), ("weak", 0.1), ("strong", 0.5))
    }


def test_every_pair_or_each_against_a_baseline(runs):
    pairs = [(d.ours, d.theirs) for d in compare_all(runs, "ndcg@5")]
    assert pairs == [("chance", "weak"), ("chance", "strong"), ("weak", "strong")]
    against = compare_all(runs, "ndcg@5", baseline="chance")
    assert [(d.ours, d.theirs) for d in against] == [("weak", "chance"), ("strong", "chance")]
    strong = against[1]
    assert strong.gap.low > 0
    assert max(strong.bootstrap_holm, strong.wilcoxon_holm) < 0.01
    assert compare_all({"one": runs["weak"]}, "ndcg@5") == ()


def test_p_and_interval_say_the_same_and_holm_raises(runs):
    found = compare_all(runs, "ndcg@5")
    for d in found:
        assert (d.bootstrap < 0.05) == (d.gap.low > 0 or d.gap.high < 0)
        assert d.bootstrap <= d.bootstrap_holm
        assert d.wilcoxon <= d.wilcoxon_holm
        assert d.n_users == runs["weak"].n_users
        assert d.gap.mean == pytest.approx(
            runs[d.ours].metrics["ndcg@5"].mean - runs[d.theirs].metrics["ndcg@5"].mean
        )
    assert json.loads(json.dumps(found[0].to_json()))["gap"]["mean"] == found[0].gap.mean
    assert "weak - strong in ndcg@5: -" in str(found[2])


def test_a_run_repeated_over_seeds_makes_no_more_users(runs):
    fourfold = {name: pool([run] * 4) for name, run in runs.items()}
    for once, often in zip(
        compare_all(runs, "ndcg@5"), compare_all(fourfold, "ndcg@5"), strict=True
    ):
        assert often.n_users == once.n_users
        assert often.wilcoxon == once.wilcoxon
        assert often.bootstrap == pytest.approx(once.bootstrap, abs=0.02)


def test_a_user_without_a_value_is_left_out(runs):
    gaps = {**runs["weak"].per_user, "ndcg@5": runs["weak"].per_user["ndcg@5"].copy()}
    gaps["ndcg@5"][:20] = np.nan
    found = compare_all({**runs, "weak": replace(runs["weak"], per_user=gaps)}, "ndcg@5")
    assert [d.n_users for d in found] == [38, 58, 38]


def test_what_cannot_be_compared_is_refused(runs):
    with pytest.raises(UnknownName, match="baseline 'best' is none"):
        compare_all(runs, "ndcg@5", baseline="best")
    with pytest.raises(UnknownName, match="chance has no 'ndcg@7' per user"):
        compare_all(runs, "ndcg@7")
    other = replace(runs["weak"], users=runs["weak"].users + 1)
    with pytest.raises(BadData, match="chance and weak were measured on different users"):
        compare_all({**runs, "weak": other}, "ndcg@5")

from __future__ import annotations

import numpy as np
import pytest

from prismrec.evaluation import intervals
from prismrec.evaluation.intervals import bootstrap


def exact_bootstrap(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The textbook: draw n users with replacement, a thousand times."""
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(1000)]
    return np.quantile(means, [0.025, 0.975])


def test_it_equals_drawing_users_with_replacement():
    rng = np.random.default_rng(0)
    values = rng.exponential(size=400)
    low, high = exact_bootstrap(values, rng)
    found = bootstrap(values[:, None], np.arange(400))[0]
    width = high - low
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(low, abs=0.1 * width)
    assert found.high == pytest.approx(high, abs=0.1 * width)


def test_95_of_100_intervals_hold_the_true_mean():
    rng = np.random.default_rng(1)
    columns = rng.random((200, 400)) < 0.3  # 400 experiments with 200 users: hits at rate .3
    found = np.array(bootstrap(columns.astype(float), np.arange(200)))
    held = (found[:, 1] <= 0.3) & (found[:, 2] >= 0.3)
    assert 0.92 <= held.mean() <= 0.98


def test_rows_of_one_user_are_one_draw():
    rng = np.random.default_rng(2)
    values = rng.random((300, 1))
    alone = bootstrap(values, np.arange(300))[0]
    same_people = bootstrap(np.tile(values, (4, 1)), np.tile(np.arange(300), 4))[0]
    other_people = bootstrap(np.tile(values, (4, 1)), np.arange(1200))[0]
    assert same_people.mean == pytest.approx(alone.mean)
    assert same_people.high - same_people.low == pytest.approx(alone.high - alone.low, rel=0.1)
    assert other_people.high - other_people.low == pytest.approx(
        (alone.high - alone.low) / 2, rel=0.15
    )


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    values = np.random.default_rng(3).random((50, 2))
    first = bootstrap(values, np.arange(50), seed=4)
    assert first == bootstrap(values, np.arange(50), seed=4)
    assert first != bootstrap(values, np.arange(50), seed=5)


@pytest.mark.parametrize(("name", "size"), [("GROUP", 100), ("GROUP", 333), ("BLOCK", 1)])
def test_users_of_every_group_count(monkeypatch, name, size):
    values = np.random.default_rng(4).exponential(size=(2000, 1))
    exact = exact_bootstrap(values, np.random.default_rng(5))
    monkeypatch.setattr(intervals, name, size)
    found = bootstrap(values, np.arange(2000))[0]
    assert (found.low, found.high) == pytest.approx(exact, abs=0.1 * (exact[1] - exact[0]))


def test_counts_that_are_dealt_anew_hold_the_true_mean_as_often(monkeypatch):
    monkeypatch.setattr(intervals, "GROUP", 32)
    test_95_of_100_intervals_hold_the_true_mean()


def test_a_measurement_without_a_value_is_left_out_of_its_column_only():
    rng = np.random.default_rng(5)
    values = rng.exponential(size=(400, 2))
    values[100:, 0] = np.nan
    with_gaps, whole = bootstrap(values, np.arange(400))
    alone = bootstrap(values[:100, :1], np.arange(100))[0]
    assert whole == pytest.approx(bootstrap(values[:, 1:], np.arange(400))[0])
    assert with_gaps.mean == pytest.approx(values[:100, 0].mean())
    assert with_gaps.high - with_gaps.low == pytest.approx(alone.high - alone.low, rel=0.2)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_users_who_all_agree_leave_no_doubt(n):
    found = bootstrap(np.full((n, 1), 0.25), np.arange(n))[0]
    assert found == pytest.approx((0.25, 0.25, 0.25))


def test_an_interval_reads_well():
    assert str(intervals.Interval(0.12345, 0.1, 0.2)) == "0.1235 [0.1000, 0.2000]"

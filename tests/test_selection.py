import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.selection import best


def slow_best(scores: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


@given(
    n=st.integers(1, 7),
    m=st.integers(1, 400),
    k=st.integers(1, 30),
    levels=st.integers(1, 500),
    seed=st.integers(0, 2**16),
)
def test_it_equals_a_stable_sort_whatever_the_ties(n, m, k, levels, seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (n, m)).astype(np.float32)
    scores[rng.random((n, m)) < 0.2] = -np.inf
    k = min(k, m)
    columns, values = best(scores, k)
    assert np.array_equal(columns, slow_best(scores, k))
    assert np.array_equal(values, np.take_along_axis(scores, columns, axis=1))


@pytest.mark.parametrize("order", [1, -1])
def test_sorted_rows_do_not_fool_the_bound(order):
    scores = np.tile(np.arange(5000, dtype=np.float32)[::order], (3, 1))
    columns, _ = best(scores, 10)
    assert np.array_equal(columns, slow_best(scores, 10))


def test_a_row_of_equal_scores_gives_the_first_columns():
    columns, values = best(np.zeros((2, 3000), np.float32), 4)
    assert columns.tolist() == [[0, 1, 2, 3]] * 2
    assert not values.any()


def test_the_scores_are_not_changed():
    scores = np.random.default_rng(0).random((4, 1000), dtype=np.float32)
    before = scores.copy()
    best(scores, 5)
    assert np.array_equal(scores, before)


@given(seed=st.integers(0, 2**16), missing=st.floats(0, 1), m=st.integers(300, 700))
def test_missing_scores_come_last_and_minus_zero_equals_zero(seed, missing, m):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 3, (4, m)).astype(np.float32) * rng.choice([0, 1, -1], (4, m))
    scores[2:] += rng.random((2, m))
    filled = scores.astype(np.float32)
    lost = rng.random((4, m)) < missing
    filled[lost] = np.finfo(np.float32).min
    columns, values = best(np.where(lost, np.float32(np.nan), filled), 9)
    assert np.array_equal(columns, slow_best(filled, 9))
    assert np.array_equal(values, np.take_along_axis(filled, columns, axis=1))


def test_crowded_rows_beside_others():
    scores = np.random.default_rng(0).standard_normal((6, 2000)).astype(np.float32)
    scores[[1, 4]] = np.round(scores[[1, 4]])
    scores[5] = -np.inf
    scores[5, 3] = 1
    columns, _ = best(scores, 20)
    assert np.array_equal(columns, slow_best(scores, 20))

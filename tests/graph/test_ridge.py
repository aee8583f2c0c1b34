import numpy as np
import pytest

from prismrec.graph import ridge as module
from prismrec.graph.ridge import STRENGTHS, ridge


def solution(x, y, w, strength) -> tuple[np.ndarray, np.ndarray]:
    """Weighted ridge with an intercept that is not penalised, from the normal equations."""
    one = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.diag([strength] * x.shape[1] + [0.0])
    solved = np.linalg.solve(one.T @ (w[:, None] * one) + penalty, one.T @ (w[:, None] * y))
    return solved[:-1], solved[-1]


def left_out_error(x, y, w, strength) -> float:
    """What each row is predicted to be by a fit on all the others."""
    total = 0.0
    for row in range(len(x)):
        rest = np.arange(len(x)) != row
        slope, level = solution(x[rest], y[rest], w[rest], strength)
        total += w[row] * ((y[row] - x[row] @ slope - level) ** 2).sum()
    return total


def problem(*, noise: float, n: int = 40, seed: int = 0):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(n, 5)), rng.integers(1, 9, n).astype(float)
    truth = rng.normal(size=(5, 3))
    return x, x @ truth + 2 + noise * rng.normal(size=(n, 3)), w, truth


@pytest.mark.parametrize("noise", [0.1, 3.0, 30.0])
@pytest.mark.parametrize(("n", "seed"), [(40, 0), *((9, seed) for seed in range(10))])
def test_it_is_the_solution_of_the_strength_that_leaves_the_least_error(noise, n, seed):
    x, y, w, _ = problem(noise=noise, n=n, seed=seed)
    w /= w.mean()
    best = min(STRENGTHS, key=lambda strength: left_out_error(x, y, w, strength))
    slope, level = ridge(x.astype(np.float32), y.astype(np.float32), w.astype(np.float32))
    expected = solution(x, y, w, best)
    assert slope == pytest.approx(expected[0], abs=1e-4)
    assert level == pytest.approx(expected[1], abs=1e-4)


def test_what_is_linear_is_found_and_noise_is_not_believed():
    x, y, w, truth = problem(noise=0.0)
    slope, level = ridge(x, y, w)
    assert slope == pytest.approx(truth, abs=0.02)
    assert level == pytest.approx(2, abs=0.02)
    noise = np.random.default_rng(1).normal(size=y.shape)
    free, _ = solution(x, noise, w, 0.0)
    assert np.linalg.norm(ridge(x, noise, w)[0]) < np.linalg.norm(free) / 2


def test_weights_scale_freely_and_rows_of_weight_0_are_ignored():
    x, y, w, _ = problem(noise=1.0)
    slope, level = ridge(x, y, w)
    with_noise = (np.vstack([a, np.full((7, a.shape[1]), 1e6)]) for a in (x, y))
    other = ridge(*with_noise, 100 * np.concatenate([w, np.zeros(7)]))
    assert other[0] == pytest.approx(slope, abs=1e-5)
    assert other[1] == pytest.approx(level, abs=1e-5)


def test_of_a_large_catalogue_the_heaviest_rows_are_used(monkeypatch):
    x, y, w, _ = problem(noise=1.0)
    heaviest = np.argsort(-w, kind="stable")[:12]
    expected = ridge(x[heaviest], y[heaviest], w[heaviest])[0]
    monkeypatch.setattr(module, "MOST", 12)
    assert ridge(x, y, w)[0] == pytest.approx(expected, abs=1e-6)


def test_without_rows_all_is_zero():
    x, y, w, _ = problem(noise=1.0)
    for weight in (0 * w, w[:0]):
        n = len(weight)
        slope, level = ridge(x[:n], y[:n], weight)
        assert slope.shape == (5, 3)
        assert not slope.any()
        assert level.tolist() == [0, 0, 0]


def test_a_single_row_is_its_own_mean():
    slope, level = ridge(np.ones((1, 2)), np.array([[3.0]]), np.ones(1))
    assert not slope.any()
    assert level.tolist() == [3]

import numpy as np
import pytest
from scipy import sparse

from prismrec.errors import BadData
from prismrec.graph import inverse
from prismrec.graph.inverse import dense_gram, regularised_inverse


@pytest.fixture
def log() -> sparse.csr_array:
    rng = np.random.default_rng(0)
    return sparse.csr_array((rng.random((80, 20)) < 0.3).astype(np.float32))


@pytest.mark.parametrize("power", [0.0, 0.25])
def test_the_gram_matrix_weighs_users_by_degree(log, power, monkeypatch):
    monkeypatch.setattr(inverse, "ROWS", 7)
    rows = log.toarray() / np.maximum(log.sum(axis=1), 1)[:, None] ** power
    assert dense_gram(log, user_power=power) == pytest.approx(rows.T @ rows, rel=1e-5)


def test_each_column_is_the_ridge_regression_on_all_other_items(log, monkeypatch):
    monkeypatch.setattr(inverse, "ROWS", 7)
    b = regularised_inverse(dense_gram(log), 5.0)
    x = log.toarray().astype(float)
    for item in range(20):
        others = np.arange(20) != item
        ridge = np.linalg.solve(
            x[:, others].T @ x[:, others] + 5 * np.eye(19), x[:, others].T @ x[:, item]
        )
        assert b[others, item] == pytest.approx(ridge, abs=1e-5)
        assert b[item, item] == 0


def test_it_works_in_the_memory_that_it_was_given(log):
    gram = dense_gram(log)
    assert np.shares_memory(regularised_inverse(gram, 1.0), gram)


def test_counts_that_cannot_be_inverted_ask_for_more_l2():
    with pytest.raises(BadData, match="raise l2"):
        regularised_inverse(-np.ones((3, 3), np.float32), 0.5)

import numpy as np
import pytest
from scipy import sparse

from prismrec.graph.spectral import low_pass


def dense_low_pass(log: np.ndarray, rank: int) -> np.ndarray:
    users, items = log.sum(axis=1), log.sum(axis=0)
    _, _, vt = np.linalg.svd(log / np.sqrt(users)[:, None] / np.sqrt(items))
    v = vt[:rank].T
    return np.diag(items**-0.5) @ v @ v.T @ np.diag(items**0.5)


@pytest.fixture
def log() -> np.ndarray:
    """A connected log of 14 users and 9 items."""
    rng = np.random.default_rng(0)
    log = (rng.random((14, 9)) < 0.4).astype(float)
    log[0] = 1
    log[:, 0] = 1
    return log


def relation(log: np.ndarray, rank: int) -> np.ndarray:
    left, right = low_pass(sparse.csr_array(log.astype(np.float32)), rank)
    assert left.shape == right.shape
    assert left.dtype == right.dtype == np.float32
    return left @ right.T


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_it_equals_a_dense_decomposition(log, rank):
    assert relation(log, rank) == pytest.approx(dense_low_pass(log, rank), abs=1e-4)


def test_the_first_columns_are_the_relation_of_a_lower_rank(log):
    left, right = low_pass(sparse.csr_array(log.astype(np.float32)), 6)
    assert left[:, :2] @ right[:, :2].T == pytest.approx(dense_low_pass(log, 2), abs=1e-4)


def test_only_the_largest_group_is_looked_at(log):
    apart = sparse.block_diag([np.ones((3, 2)), log, np.eye(5)]).toarray()
    expected = np.zeros((16, 16))
    expected[2:11, 2:11] = dense_low_pass(log, 3)
    assert relation(apart, 3) == pytest.approx(expected, abs=1e-4)


def test_an_item_that_nobody_used_gets_nothing(log):
    wider = np.hstack([log, np.zeros((14, 1))])
    found = relation(wider, 3)
    assert not found[9].any()
    assert not found[:, 9].any()
    assert found[:9, :9] == pytest.approx(dense_low_pass(log, 3), abs=1e-4)


def test_a_small_log_has_a_lower_rank(log):
    left, _ = low_pass(sparse.csr_array(log.astype(np.float32)), 256)
    assert left.shape == (9, 8)


@pytest.mark.parametrize("shape", [(0, 4), (3, 4), (1, 4), (4, 1)])
def test_a_log_without_a_second_dimension_says_nothing(shape):
    for log in (np.zeros(shape), np.eye(*shape)):
        left, right = low_pass(sparse.csr_array(log.astype(np.float32)), 3)
        assert left.shape == right.shape == (shape[1], 1)
        assert not left.any()
        assert not right.any()


def test_equal_seeds_give_equal_vectors(log):
    matrix = sparse.csr_array(log.astype(np.float32))
    assert np.array_equal(low_pass(matrix, 4)[0], low_pass(matrix, 4)[0])

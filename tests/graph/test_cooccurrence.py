import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from prismrec.graph.cooccurrence import capped, cooccurrence, n_pairs, product


def log(seed: int, users: int = 40, items: int = 15, density: float = 0.3) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    return sparse.csr_array((rng.random((users, items)) < density).astype(np.float32))


def slow(matrix: sparse.csr_array, power: float) -> np.ndarray:
    dense = matrix.toarray()
    out = np.zeros((dense.shape[1], dense.shape[1]))
    for row in dense:
        used = np.flatnonzero(row)
        for i in used:
            for j in used:
                if i != j:
                    out[i, j] += len(used) ** -power
    return out


@pytest.mark.parametrize("power", [0.0, 0.5, 1.5])
def test_it_counts_pairs_as_the_formula_says(power):
    matrix = log(1)
    assert np.allclose(cooccurrence(matrix, user_power=power).toarray(), slow(matrix, power))


def test_scales_multiply_rows_and_columns():
    matrix = log(2)
    left, right = np.linspace(1, 2, 15), np.linspace(3, 1, 15)
    graph = cooccurrence(matrix, scales=(left.astype(np.float32), right.astype(np.float32)))
    assert np.allclose(graph.toarray(), left[:, None] * slow(matrix, 0) * right, rtol=1e-5)


def test_top_keeps_the_largest_of_each_row_and_no_diagonal():
    matrix = log(3)
    right = np.random.default_rng(0).random(15).astype(np.float32)
    full = cooccurrence(matrix, scales=(np.ones(15, np.float32), right)).toarray()
    graph = cooccurrence(matrix, scales=(np.ones(15, np.float32), right), top=4)
    assert not graph.diagonal().any()
    for i in range(15):
        kept = graph[[i]].toarray()[0]
        assert np.count_nonzero(kept) in (4, 5)
        assert np.sort(kept)[-4:] == pytest.approx(np.sort(full[i])[-4:])


def test_an_empty_log_has_no_pairs():
    assert cooccurrence(sparse.csr_array((3, 4), dtype=np.float32)).nnz == 0
    assert cooccurrence(sparse.csr_array((3, 4), dtype=np.float32), top=2).nnz == 0


@given(seed=st.integers(0, 1000), pairs=st.integers(50, 2000))
def test_capped_rows_meet_the_budget_and_only_long_ones_shrink(seed, pairs):
    matrix = log(seed)
    out = capped(matrix, pairs, seed=seed)
    before, after = np.diff(matrix.indptr), np.diff(out.indptr)
    assert n_pairs(out) <= max(pairs, (before > 0).sum())
    shrunk = after < before
    if shrunk.any():
        limit = after.max()
        assert (after[shrunk] == limit).all()
        assert (before[~shrunk] <= limit).all()
        assert n_pairs(matrix) > pairs
        assert (np.minimum(before, limit + 1) ** 2).sum() > pairs
    assert ((matrix - out).data >= 0).all()


@pytest.mark.parametrize("top", [None, 4, 20])
def test_a_product_is_one_although_sums_vanish(top):
    """Signs that cancel, stored zeros and what is too small for single precision."""
    rng = np.random.default_rng(0)
    values = rng.choice([-1, 1, 2, 1e-30], (12, 15)) * (rng.random((12, 15)) < 0.5)
    second = sparse.csr_array(values.astype(np.float32))
    second.data[::5] = 0
    expected = second.toarray().T @ second.toarray()
    np.fill_diagonal(expected, -np.inf)
    found = product(sparse.csr_array(second.T), second, top=top)
    found.check_format(full_check=True)
    assert not found.diagonal().any()
    for row, full in zip(found.toarray(), expected, strict=True):
        wanted = np.sort(full)[::-1][: top or 15]
        kept = np.sort(row[row > 0])[::-1]
        assert kept[: len(wanted)] == pytest.approx(wanted[wanted > 0][: len(kept)])
        assert len(kept) >= (wanted > 0).sum()

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from prismrec.rankers.growing import appended, bordered


def rows(n: int, start: int = 0) -> np.ndarray:
    return np.arange(start, start + 3 * n, dtype=np.float32).reshape(n, 3)


def test_rows_are_appended_again_and_again_and_nobody_sees_later_ones() -> None:
    arrays, whole = [rows(5)], rows(5)
    for k in range(200):
        more = rows(k % 3, 100 * k)
        arrays.append(appended(arrays[-1], more))
        whole = np.vstack([whole, more])
    np.testing.assert_array_equal(arrays[-1], whole)
    for array in arrays:
        np.testing.assert_array_equal(array, whole[: len(array)])
        assert type(array) is np.ndarray


def test_two_that_grow_from_one_do_not_disturb_each_other() -> None:
    trunk = appended(rows(4), rows(1, 50))
    left, right = appended(trunk, rows(2, 100)), appended(trunk, rows(2, 200))
    np.testing.assert_array_equal(left, np.vstack([rows(4), rows(1, 50), rows(2, 100)]))
    np.testing.assert_array_equal(right, np.vstack([rows(4), rows(1, 50), rows(2, 200)]))


def test_what_is_no_view_of_all_used_rows_is_copied() -> None:
    grown = appended(rows(4), rows(1, 50))
    for part in (grown[1:], grown[:-1], grown[::-1], grown[:, :2]):
        before = grown.copy()
        more = np.ones((1, part.shape[1]), np.float32)
        np.testing.assert_array_equal(appended(part, more), np.vstack([part, more]))
        np.testing.assert_array_equal(grown, before)


def test_few_are_put_where_there_is_room() -> None:
    grown = appended(rows(1000), rows(1))
    again = appended(grown, rows(1))
    assert np.shares_memory(grown, again)


@given(st.integers(0, 12), st.integers(0, 4), st.floats(0, 1), st.integers(0, 99))
def test_a_border_is_what_blocks_make(n: int, m: int, density: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    relation = sparse.random_array((n, n), density=density, rng=rng, dtype=np.float32, format="csr")
    near = sparse.random_array((m, n), density=density, rng=rng, dtype=np.float32, format="csr")
    made = bordered(relation, near)
    wanted = np.block(
        [[relation.toarray(), near.toarray().T], [near.toarray(), np.zeros((m, m), np.float32)]]
    )
    np.testing.assert_array_equal(made.toarray(), wanted)
    made.check_format(full_check=True)
    assert made.nnz == relation.nnz + 2 * near.nnz

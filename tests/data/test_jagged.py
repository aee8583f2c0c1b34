import numpy as np
import pytest

from prismrec.data.jagged import Jagged


def test_a_matrix_sums_repeats_and_leaves_the_rows_in_their_order():
    rows = Jagged.from_rows([[5, 2, 5], [], [0]])
    data = np.array([1, 2, 4, 8], np.float32)
    matrix = rows.to_csr(6, data)
    assert matrix.toarray().tolist() == [[0, 0, 2, 0, 0, 5], [0] * 6, [8, 0, 0, 0, 0, 0]]
    assert rows.values.tolist() == [5, 2, 5, 0]
    assert data.tolist() == [1, 2, 4, 8]


def test_taken_rows_come_in_the_order_asked_for():
    rows = Jagged.from_rows([[1, 2], [], [3]])
    taken = rows.take(np.array([2, 0, 2]))
    assert [taken[i].tolist() for i in range(3)] == [[3], [1, 2], [3]]
    assert taken.rows.tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize("n", [0, 3])
def test_empty_rows_have_no_values(n):
    rows = Jagged.empty(n)
    assert len(rows) == n
    assert rows.to_csr(4).shape == (n, 4)

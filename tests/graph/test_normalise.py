import numpy as np
import pytest
from scipy import sparse

from prismrec.graph.normalise import by_row, degree, scaled, symmetric

DENSE = np.array([[0, 1, 3], [2, 0, 0], [0, 0, 0]], np.float32)


@pytest.fixture
def graph() -> sparse.csr_array:
    return sparse.csr_array(DENSE)


def test_degree_is_the_row_sum(graph):
    assert degree(graph).tolist() == [4, 2, 0]


def test_rows_sum_to_one_or_stay_empty(graph):
    assert by_row(graph).toarray().tolist() == [[0, 0.25, 0.75], [1, 0, 0], [0, 0, 0]]


def test_symmetric_divides_by_the_roots_of_both_sums(graph):
    expected = DENSE / np.sqrt([[4], [2], [1]]) / np.sqrt([2, 1, 3])
    assert symmetric(graph).toarray() == pytest.approx(expected, rel=1e-6)


def test_scaling_leaves_the_graph_that_was_given(graph):
    out = scaled(graph, np.array([1, 2, 3]), np.array([3, 2, 1]))
    assert out.toarray().tolist() == [[0, 2, 3], [12, 0, 0], [0, 0, 0]]
    assert graph.toarray().tolist() == DENSE.tolist()

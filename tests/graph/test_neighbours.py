import numpy as np
import pytest
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.graph import neighbours
from prismrec.graph.neighbours import centre_of, knn, prune, unit


@pytest.fixture
def feature() -> Feature:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((30, 6)).astype(np.float32) + 3
    values[[4, 9]] = np.nan
    return Feature.of(values)


def test_unit_rows_have_length_one_and_absent_rows_stay_zero(feature):
    vectors = unit(feature, centre_of(feature))
    length = np.linalg.norm(vectors, axis=1)
    assert length[feature.present] == pytest.approx(1, abs=1e-5)
    assert not length[[4, 9]].any()


def test_the_centre_is_the_mean_of_what_is_present(feature):
    expected = feature.values[feature.present].mean(axis=0)
    assert centre_of(feature) == pytest.approx(expected, rel=1e-5)
    nothing = Feature.of(np.full((3, 2), np.nan, np.float32))
    assert centre_of(nothing).tolist() == [0, 0]


def test_knn_equals_the_dense_cosine(feature, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", 70)  # two rows at a time
    vectors = unit(feature, centre_of(feature))
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -2)
    graph = knn(vectors, 3)
    for i in range(30):
        columns = graph.indices[graph.indptr[i] : graph.indptr[i + 1]]
        wanted = [j for j in np.argsort(-cosine[i], kind="stable")[:3] if cosine[i, j] > 0]
        assert sorted(columns) == sorted(wanted)
        assert graph[[i]].toarray()[0][columns] == pytest.approx(cosine[i, columns])
    assert not graph[[4]].nnz


def test_knn_of_other_rows_may_find_an_equal_one(feature):
    vectors = unit(feature)
    graph = knn(vectors, 2, of=vectors[[7]])
    assert graph.shape == (1, 30)
    assert graph[0, 7] == pytest.approx(1)


def test_knn_of_nothing_is_empty():
    vectors = np.zeros((4, 2), np.float32)
    assert knn(vectors, 2).nnz == 0
    assert knn(vectors, 2, of=vectors[:0]).shape == (0, 4)


def test_prune_keeps_the_largest_and_the_lower_column_of_equals():
    graph = sparse.csr_array(np.array([[1, 3, 2, 3], [0, 5, 0, 0], [2, 2, 2, 0]], np.float32))
    assert prune(graph, 2).toarray().tolist() == [[0, 3, 0, 3], [0, 5, 0, 0], [2, 2, 0, 0]]
    assert prune(graph, 4) is graph

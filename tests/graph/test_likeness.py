import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.likeness import blended, likeness


def angles(*degrees: float) -> Feature:
    """Points on a circle; None is absent."""
    turns = np.radians(np.array(degrees, np.float64))
    return Feature.of(np.stack([np.cos(turns), np.sin(turns)], axis=1))


FOUR = angles(0, 10, 180, 190)  # two pairs, centred by symmetry


def test_an_edge_is_divided_by_the_root_of_both_degrees():
    graph = likeness(FOUR, 1).toarray()
    assert graph == pytest.approx(np.kron(np.eye(2), [[0, 1], [1, 0]]))
    by_cosine = likeness(FOUR, 1, binary=False).toarray()
    assert by_cosine == pytest.approx(graph, abs=1e-6)  # one edge each, so its weight cancels


def test_what_is_absent_has_no_edge_and_leaves_its_weight_to_the_others():
    gone = angles(0, np.nan, 180, 190)
    total = blended({"image": gone, "text": FOUR}, 4, neighbours=1, weights=(3, 1)).toarray()
    assert total[1] == pytest.approx(likeness(FOUR, 1).toarray()[1])
    assert total[2] == pytest.approx(
        (3 * likeness(gone, 1).toarray()[2] + likeness(FOUR, 1).toarray()[2]) / 4
    )


def test_a_modality_without_weight_is_not_heard():
    other = angles(0, 100, 5, 105)
    only = blended({"image": other, "text": FOUR}, 4, neighbours=1, weights=(0, 2))
    assert only.toarray() == pytest.approx(likeness(FOUR, 1).toarray())


def test_without_modalities_nothing_is_alike():
    assert blended({}, 3).shape == (3, 3)
    assert blended({}, 3).nnz == 0


@pytest.mark.parametrize("weights", [(1.0,), (0.0, 0.0), (-1.0, 1.0), (1.0, 1.0, 1.0)])
def test_weights_that_cannot_be_meant_are_refused(weights):
    with pytest.raises(BadData, match="weights of image, text"):
        blended({"image": FOUR, "text": FOUR}, 4, weights=weights)

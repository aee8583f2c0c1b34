import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData, BadModel
from prismrec.rankers import Query, Towers
from prismrec.rankers.content_towers import ContentTowers, ItemNetwork, Layer, Reader
from prismrec.reduction.projection import Projection
from prismrec.saving import load


def layer(weight: list[list[float]], bias: list[float], activation: str = "") -> Layer:
    return Layer(np.array(weight, np.float32), np.array(bias, np.float32), activation)


def feature(rows: list[list[float]], present: list[bool]) -> Feature:
    return Feature.of(np.array(rows, np.float32), np.array(present))


@pytest.fixture
def network() -> ItemNetwork:
    image = Reader(
        Projection(np.array([1, 1, 0], np.float32), np.eye(3, 2, dtype=np.float32), unit=True),
        layer([[1, 0], [0, 2]], [0, 1]),
        share=1,
    )
    text = Reader(Projection(np.zeros(1, np.float32)), layer([[1, 1]], [0, 0]), share=3)
    after = layer([[1, -1], [1, 0]], [0, 0.5], "relu")
    return ItemNetwork({"image": image, "text": text}, (after,), mean=True)


@pytest.fixture
def ranker(network) -> ContentTowers:
    return ContentTowers(Towers(np.eye(2, dtype=np.float32), np.ones((3, 2), np.float32)), network)


NEW = {
    "image": feature([[4, 5, 9], [4, 5, 9], [0, 0, 0], [0, 0, 0]], [True, True, False, False]),
    "text": feature([[2], [0], [2], [0]], [True, False, True, False]),
}


def test_new_items_are_read_as_one_would_by_hand(network):
    # The picture (4, 5, 9) less (1, 1, 0), first two numbers, length 1: (.6, .8) -> (.6, 2.6).
    # The text 2 -> (2, 2). Shares 1 and 3: (.6 + 6, 2.6 + 6) / 4 = (1.65, 2.15).
    # The layer: (x + y, .5 - x), below 0 is 0.
    vectors, present = network(NEW, 4)
    assert vectors == pytest.approx(np.array([[3.8, 0], [3.2, 0], [4, 0], [0, 0]]))
    assert present.tolist() == [True, True, True, False]


def test_a_modality_left_out_is_an_absent_one(network):
    without = {"text": NEW["text"], "smell": NEW["image"]}
    vectors, present = network(without, 4)
    assert vectors == pytest.approx(np.array([[4, 0], [0, 0], [4, 0], [0, 0]]))
    assert present.tolist() == [True, False, True, False]


def test_vectors_may_be_of_length_1(network):
    unit = ItemNetwork(network.readers, network.layers, mean=True, unit=True)
    assert np.linalg.norm(unit(NEW, 4)[0], axis=1) == pytest.approx([1, 1, 1, 0])


def test_items_are_appended_and_one_without_media_has_no_score(ranker):
    query = Query(np.array([0, 1]), Jagged.from_rows([[], []]))
    wider = ranker.with_items(NEW)
    assert ranker.n_items == 3
    scores = wider.score(query)
    assert np.isfinite(scores[:, :6]).all()
    assert np.isnan(scores[:, 6]).all()
    assert wider.with_items({}, ids=["bare"]).n_items == 8


def test_another_encoder_is_refused(ranker):
    with pytest.raises(BadData, match="same encoder"):
        ranker.with_items({"text": feature([[1, 2]], [True])})


def test_it_comes_back_from_disk(ranker, tmp_path):
    ranker.save(tmp_path)
    query = Query(np.array([1, -1]), Jagged.from_rows([[], [0]]))
    again = load(tmp_path).with_items(NEW)
    assert np.array_equal(again.score(query), ranker.with_items(NEW).score(query), equal_nan=True)


def test_parts_that_do_not_fit_are_refused(network):
    with pytest.raises(BadModel, match="2 dimensions, the items with their bias have 3"):
        ContentTowers(Towers(np.ones((1, 3), np.float32), np.ones((1, 3), np.float32)), network)
    with pytest.raises(BadModel, match="layer of weight"):
        layer([[1, 2]], [0])
    with pytest.raises(BadModel, match="'swish' is unknown"):
        layer([[1]], [0], "swish")

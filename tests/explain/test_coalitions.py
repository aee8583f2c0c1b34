from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.explain.coalitions import OTHERWISE, media_game, refit_game
from prismrec.rankers import Query, Towers
from prismrec.rankers.content_towers import ContentTowers, ItemNetwork, Layer, Reader
from prismrec.reduction import Projection
from prismrec.registry import build

EYE = np.eye(2, dtype=np.float32)
NOTHING = np.zeros(2, np.float32)
STRANGER = Query.strangers(Jagged.from_rows([[1]]))


@pytest.fixture
def items() -> dict[str, Feature]:
    """Item 0 has both media, item 1 its picture only, item 2 none."""
    return {
        "image": Feature.of(np.float32([[1, -3], [2, 1], [0, 0]]), np.array([True, True, False])),
        "text": Feature.of(np.float32([[2, 1], [0, 0], [0, 0]]), np.array([True, False, False])),
    }


@pytest.fixture
def ranker(items) -> ContentTowers:
    """The positive part of the sum of an item's media, and a learnt vector for each item."""
    reader = Reader(Projection(NOTHING, None, False), Layer(EYE, NOTHING))
    network = ItemNetwork({"image": reader, "text": reader}, (Layer(EYE, NOTHING, "relu"),))
    own = np.float32([[0.5, 0], [0, 0], [1, 1]])
    users = np.float32([[1, 10]])
    return ContentTowers(Towers(users, network(items, 3)[0] + own), network)


def known() -> Query:
    return replace(STRANGER, users=np.array([0]))


def test_a_game_by_hand(ranker, items):
    found = media_game(ranker, known(), 0, items=items)
    assert found.values == {
        frozenset(): 0.0,
        frozenset({"image"}): 1.0,  # relu(1, -3) . (1, 10)
        frozenset({"text"}): 12.0,
        frozenset({"image", "text"}): 3.0,  # relu(3, -2) . (1, 10)
    }
    assert found.by_modality == {"image": -4.0, "text": 7.0, OTHERWISE: 0.5}
    assert found.total == 3.5 == ranker.score(known())[0, 0]


def test_only_the_media_that_an_item_has_take_part(ranker, items):
    assert set(media_game(ranker, known(), 1, items=items).by_modality) == {"image", OTHERWISE}
    with pytest.raises(BadData, match="item 2 has no media that the model reads"):
        media_game(ranker, known(), 2, items=items)


@pytest.mark.parametrize("spec", ["content-tower:epochs=3", "vbpr:epochs=3"])
def test_trained_models_add_up_to_their_score_for_users_and_strangers(make_dataset, spec):
    data = make_dataset(60, 40)
    fitted = build("models", spec).fit(data)
    assert isinstance(fitted, ContentTowers)
    query = Query.of(data, np.array([5]))
    for asked in (query, Query.strangers(query.history)):
        scores = fitted.score(asked)[0]
        for item in (0, 9, 20):  # item 9 has no image
            found = media_game(fitted, asked, item, items=data.items)
            assert sum(found.by_modality.values()) == pytest.approx(scores[item], abs=1e-5)


def test_rankers_that_read_no_media_are_refused_with_the_way_out(make_dataset):
    data = make_dataset(30, 40)
    with pytest.raises(BadData, match=r"Towers reads no media.*leave_one_out.*refit_game"):
        media_game(Towers(EYE, np.ones((40, 2), np.float32)), known(), 0, items=data.items)


def test_fits_without_a_modality_add_up_to_the_place_above_chance(make_dataset):
    data = make_dataset(60, 40)
    query = Query.of(data, np.array([3]))
    item = int(np.setdiff1d(np.arange(3, 40, 4), query.history.values)[0])
    found = refit_game(build("models", "content-knn").fit, data, query=query, item=item)
    assert found.values[frozenset()] == 0.5  # content-knn cannot be fitted without media
    assert sum(found.by_modality.values()) == pytest.approx(found.total - 0.5)
    assert min(found.by_modality["text"], found.by_modality["image"]) > 0
    assert found.by_modality[OTHERWISE] == 0
    assert 0.5 < found.total <= 1


def test_media_that_a_model_does_not_read_are_worth_nothing(make_dataset):
    data = make_dataset(60, 40)
    found = refit_game(
        build("models", "item-knn").fit, data, query=Query.of(data, np.array([3])), item=7
    )
    assert found.by_modality["image"] == found.by_modality["text"] == 0
    assert found.by_modality[OTHERWISE] == pytest.approx(found.total - 0.5)


def test_there_must_be_media_and_one_person(make_dataset):
    data = make_dataset(20, 40)
    fit = build("models", "popularity").fit
    with pytest.raises(BadData, match="no media"):
        refit_game(fit, replace(data, items={}), query=Query.of(data, np.array([0])), item=0)
    with pytest.raises(BadData, match="one person"):
        refit_game(fit, data, query=Query.of(data), item=0)

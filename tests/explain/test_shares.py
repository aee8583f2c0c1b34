from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.explain.shares import POPULARITY, Explanation, drivers, explain, explain_items
from prismrec.rankers import ItemWeights, Mixture, Part, Profile, Query, Towers
from prismrec.registry import build

ITEMS = list(range(0, 40, 3))


@pytest.fixture(scope="module")
def data(make_dataset) -> Dataset:
    """A log of taste whose users have posted pictures too."""
    data = make_dataset(120, 40)
    posted = np.random.default_rng(0).normal(size=(120, 8)).astype(np.float32)
    return replace(data, users={"image": Feature.of(posted)})


@pytest.mark.parametrize("spec", ["prism", "item-knn", "ease", "content-knn", "popularity"])
def test_all_parts_add_up_to_the_score(data, spec):
    ranker = build("models", spec).fit(data)
    for user in range(0, 120, 17):
        query = Query.of(data, np.array([user]))
        scores = ranker.score(query)[0]
        for item, told in zip(ITEMS, explain_items(ranker, query, ITEMS), strict=True):
            assert told.item == item
            assert told.score == pytest.approx(scores[item], rel=1e-5, abs=1e-5)
            assert sum(told.by_modality.values()) == pytest.approx(told.score, abs=1e-6)
            others = told.by_modality.get(POPULARITY, 0) + sum(told.posted.values())
            by_item = sum(amount for _, _, amount in told.by_item)
            assert by_item + others == pytest.approx(told.score, abs=1e-6)
            by_reason = sum(told.by_reason.values()) + told.by_modality.get(POPULARITY, 0)
            assert by_reason == pytest.approx(told.score, abs=1e-6)


def test_only_past_items_are_named_and_the_largest_amount_comes_first(data):
    ranker = build("models", "prism").fit(data)
    query = Query.of(data, np.array([3]))
    told = explain(ranker, query, 7)
    assert {past for past, _, _ in told.by_item} <= set(query.history.values.tolist())
    for amounts in (
        [amount for _, _, amount in told.by_item],
        list(told.by_modality.values()),
        list(told.by_reason.values()),
    ):
        assert amounts == sorted(amounts, reverse=True)
    assert set(told.by_modality) == {"behaviour", "image", "text", POPULARITY}
    assert {"used together", "looks alike", "image to taste"} <= set(told.by_reason)


@pytest.fixture
def mixture() -> Mixture:
    """Item 2 is alike to item 0 by picture (8) and used together with item 1 (2)."""
    looks, together = np.zeros((2, 4, 4), np.float32)
    looks[0, 2], together[1, 2] = 8, 2
    parts = (Part("looks alike", "image", looks), Part("used together", "behaviour", together))
    posted = np.array([[0, 3], [0, 0]], np.float32)
    profile = Profile("close to what you posted", "image", posted, np.eye(4, 2, dtype=np.float32))
    weights = np.repeat(np.float32([[0.5], [3], [0.25]]), 3, axis=1)
    prior = np.float32([0, 0, 0.125, 0])
    support = np.ones(4, np.float32)
    return Mixture(parts, weights, 0 * weights, prior, support, profiles=(profile,))


def ask(user: int, *history: int) -> Query:
    query = Query.strangers(Jagged.from_rows([list(history)]))
    return replace(query, users=np.array([user]))


def test_an_explanation_by_hand(mixture):
    told = explain(mixture, ask(0, 0, 1), 2)
    assert told.by_modality == {"behaviour": 3, "image": 0.5, POPULARITY: 0.125}
    assert told.by_item == ((1, "behaviour", 3.0), (0, "image", 0.5))
    assert told.by_reason == {
        "used together": 3, "looks alike": 0.5, "close to what you posted": 0
    }  # fmt: skip
    assert told.score == 3.625
    assert told.posted == {}
    assert told.first == "behaviour"


def test_what_was_posted_is_told_apart(mixture):
    told = explain(mixture, ask(0, 2), 1)
    assert told.posted == {"image": 0.25}
    assert told.by_modality["image"] == 0.25
    assert told.by_item == ()
    assert explain(mixture, ask(1, 2), 1).posted == {}
    assert explain(mixture, ask(-1, 2), 1).posted == {}


def test_somebody_without_history_has_popularity_alone(mixture):
    told = explain(mixture, ask(-1), 2)
    assert told.by_item == ()
    assert told.first == ""
    assert told.score == told.by_modality[POPULARITY] == 0.125
    assert drivers([told]) == {"behaviour": 0, "image": 0}


def made(**amounts: float) -> Explanation:
    return Explanation(0, sum(amounts.values()), amounts, (), {}, {})


def test_drivers_are_shares_of_what_speaks_for_a_list():
    found = drivers([
        made(image=1.0, text=-2.0, popularity=50.0), made(image=2.0, audio=1.0, text=1.5),
    ])  # fmt: skip
    assert found == {"image": 0.75, "audio": 0.25, "text": 0}
    assert list(found) == ["image", "audio", "text"]
    assert sum(found.values()) == 1
    assert drivers([]) == {}


def test_a_ranker_that_is_no_sum_is_refused():
    towers = Towers(np.ones((1, 2), np.float32), np.ones((3, 2), np.float32))
    with pytest.raises(
        BadData, match=r"scores of Towers are no sum over past items; explain prism"
    ):
        explain(towers, ask(0, 1), 2)


def test_one_person_is_explained_at_a_time(mixture):
    both = Query.strangers(Jagged.from_rows([[0], [1]]))
    with pytest.raises(BadData, match="one person is explained at a time, not 2"):
        explain(mixture, both, 2)


def test_an_item_that_gets_nothing_is_told_so():
    relation = Part("used together", "behaviour", np.zeros((3, 3), np.float32))
    told = explain(ItemWeights((relation,)), ask(-1, 0), 2)
    assert told.score == 0
    assert told.by_modality == {"behaviour": 0}
    assert told.first == ""

import numpy as np
import pytest

from prismrec.data.jagged import Jagged
from prismrec.explain.faithfulness import by_removal, by_shares, deletion
from prismrec.rankers import ItemWeights, Part, Query
from prismrec.registry import build


@pytest.fixture
def ranker() -> ItemWeights:
    """Item 5 has 4 from item 0, 2 from item 1, 1 from item 2; item 6 has 3 from item 2."""
    weights = np.zeros((8, 8), np.float32)
    weights[0, 5], weights[1, 5], weights[2, 5], weights[2, 6] = 4, 2, 1, 3
    return ItemWeights((Part("used together", "behaviour", weights),))


@pytest.mark.parametrize("named", [by_shares, by_removal])
def test_curves_by_hand(ranker, named):
    found = deletion(ranker, Query.strangers(Jagged.from_rows([[0, 1, 2], [3, 4]])), named)
    assert found.users.tolist() == [0]  # two past items have no order worth a curve
    # Items 3, 4, 6 and 7 are the others. Item 0 goes at step 2, item 1 at step 5, item 2 last.
    # Without item 0 item 6 scores as much, without item 1 it scores more.
    assert found.place["first"][0, 1:9].tolist() == [1, *[0.875] * 3, *[0.75] * 4]
    assert found.place["first"][0].tolist()[0] == 1.0
    assert found.place["first"][0].tolist()[-1] == 0.5  # all tie where nothing is known
    assert found.place["last"][0].tolist()[:8] == [1.0] * 8
    assert sorted(found.place["first"][0], reverse=True) == found.place["first"][0].tolist()
    assert found.areas("first") < found.areas("random") < found.areas("last")
    assert found.height["first"][0, 0] == pytest.approx((7 - 0.75) / np.std([0, 0, 3, 0]))
    assert found.height["first"][0, -1] == 0


@pytest.mark.parametrize("spec", ["prism", "item-knn", "ease"])
def test_what_is_named_first_matters_most(make_dataset, spec):
    data = make_dataset(60, 40)
    ranker = build("models", spec).fit(data)
    found = deletion(ranker, Query.of(data, np.arange(30)), by_shares)
    areas = {name: found.areas(name, measure="height").mean() for name in found.height}
    assert areas["first"] < areas["random"] < areas["last"]


def test_nonsense_is_no_better_than_chance(make_dataset):
    data = make_dataset(60, 40)
    ranker = build("models", "item-knn").fit(data)
    noise = np.random.default_rng(1)

    def nonsense(ranker, query, item):
        return {past: noise.random() for past in query.history.values.tolist()}

    found = deletion(ranker, Query.of(data), nonsense)
    gap = found.areas("first") - found.areas("random")
    assert abs(gap.mean()) < 3 * gap.std() / np.sqrt(len(gap))


def test_same_seed_same_curves_and_nobody_is_no_error(ranker):
    query = Query.strangers(Jagged.from_rows([[0, 1, 2, 3]] * 3))
    one, two = (deletion(ranker, query, by_shares, seed=4) for _ in range(2))
    assert np.array_equal(one.place["random"], two.place["random"])
    nobody = deletion(ranker, Query.strangers(Jagged.empty(2)), by_shares)
    assert nobody.place["first"].shape == (0, 11)

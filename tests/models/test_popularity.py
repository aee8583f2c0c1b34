import numpy as np
import pytest

from prismrec.models.popularity import Popularity
from prismrec.rankers import Query


def test_the_score_is_the_number_of_users(make_dataset):
    data = make_dataset()
    scores = Popularity().fit(data).score(Query.of(data))
    assert np.array_equal(scores[0], data.item_support())
    assert (scores == scores[0]).all()


def test_with_a_half_life_recent_uses_count_more(make_dataset):
    data = make_dataset()
    lately = Popularity(half_life=1.0).fit(data).score(Query.of(data))[0]
    ever = data.item_support()
    assert (lately <= ever).all()
    newest = data.interactions.items[data.interactions.time.argmax()]
    assert lately[newest] / ever[newest] > np.median(lately / ever)
    slow = Popularity(half_life=1e6).fit(data).score(Query.of(data))[0]
    assert slow == pytest.approx(ever, rel=1e-3)

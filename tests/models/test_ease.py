import numpy as np
import pytest

from prismrec.errors import TooLarge
from prismrec.models import ease
from prismrec.models.ease import Ease
from prismrec.rankers import Query
from prismrec.train import Training


@pytest.mark.parametrize("power", [0.0, 0.25])
def test_weights_follow_the_closed_form(make_dataset, power):
    data = make_dataset()
    log = data.matrix().toarray().astype(float)
    rows = log / np.maximum(log.sum(axis=1), 1)[:, None] ** power
    p = np.linalg.inv(rows.T @ rows + 3 * np.eye(data.n_items))
    expected = -p / np.diag(p)
    np.fill_diagonal(expected, 0)
    ranker = Ease(l2=3.0, user_power=power).fit(data)
    assert ranker.parts[0].weights == pytest.approx(expected, abs=1e-5)
    assert ranker.score(Query.of(data)) == pytest.approx(log @ expected, abs=1e-4)


def test_people_without_history_see_what_is_popular(make_dataset):
    data = make_dataset()
    ranker = Ease(l2=3.0, user_power=0.0).fit(data)
    assert ranker.bias.argmax() == data.item_support().argmax()
    assert ranker.bias.max() < 1e-5


def test_too_many_items_are_refused_with_the_numbers_and_a_remedy(make_dataset):
    with pytest.raises(TooLarge, match=r"40 items.*item-knn.*memory_gb"):
        Ease(memory_gb=1e-6).fit(make_dataset())


def test_what_is_given_stays_and_the_rest_is_chosen(make_dataset, monkeypatch):
    monkeypatch.setattr(ease, "TRIAL_ITEMS", 20)
    about = Ease(l2=5.0).fit(make_dataset(), Training(seed=1)).about
    assert about["l2"] == 5.0
    assert about["user_power"] in (0.0, 0.25, 0.5)
    assert Ease(user_power=0.5).fit(make_dataset()).about["user_power"] == 0.5

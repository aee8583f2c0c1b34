import numpy as np
import pytest

from prismrec.models import item_knn
from prismrec.models.item_knn import ItemKnn
from prismrec.rankers import Query
from prismrec.train import Training


def slow_scores(log: np.ndarray, *, a: float, s: float, p: float, q: float, pop: float):
    users, items = log.sum(axis=1), log.sum(axis=0)
    c = log.T @ np.diag(np.maximum(users, 1) ** -a) @ log
    np.fill_diagonal(c, 0)
    relation = c / (items[:, None] + s) ** p / (items + s) ** q
    return log @ relation + pop * items / items.max()


FIXED = ItemKnn(1.5, 10.0, 0.3, 0.2, 0.05)


def test_scores_follow_the_formula(make_dataset):
    data = make_dataset()
    scores = FIXED.fit(data).score(Query.of(data))
    log = data.matrix().toarray().astype(float)
    assert scores == pytest.approx(slow_scores(log, a=1.5, s=10, p=0.3, q=0.2, pop=0.05), rel=1e-4)


def test_only_the_strongest_neighbours_are_kept(make_dataset):
    data = make_dataset()
    few = ItemKnn(1.5, 10.0, 0.3, 0.2, 0.0, neighbours=3).fit(data).parts[0].weights
    every = FIXED.fit(data).parts[0].weights.toarray()
    for row in range(data.n_items):
        kept = few[[row]].toarray()[0]
        assert np.sort(kept)[-3:] == pytest.approx(np.sort(every[row])[-3:])
        assert np.count_nonzero(kept) <= 4


def test_what_is_given_stays_and_the_rest_is_chosen(make_dataset):
    about = ItemKnn(shrinkage=7.0, popularity=0.5).fit(make_dataset()).about
    assert (about["shrinkage"], about["popularity"]) == (7.0, 0.5)
    assert about["user_power"] in (0.25, 0.5, 1.0, 1.5)
    assert None not in (about["source_power"], about["target_power"])


def test_the_choice_beats_a_bad_setting_on_what_it_was_chosen_for(make_dataset):
    data = make_dataset(n_users=300, n_items=60)
    valid = np.arange(len(data.interactions)) % 6 == 0
    train = data.with_interactions(data.interactions.take(~valid))
    how = Training(valid=data.with_interactions(data.interactions.take(valid)))
    chosen = ItemKnn().fit(train, how)
    bad = ItemKnn(0.0, 1.0, 0.0, 0.0, 1e5).fit(train)  # popularity alone
    held = item_knn.hold_out(train, how)

    def gain(ranker):
        return held.gain(lambda history: ranker.parts[0].apply(history) + ranker.bias)

    assert gain(chosen) > gain(bad) + 0.05


def test_trials_score_as_the_fitted_ranker_does(make_dataset, monkeypatch):
    data = make_dataset()
    held = item_knn.hold_out(data, Training())
    settings = {"user_power": 0.5, "source_power": 0.5, "target_power": 0.2,
                "shrinkage": 20.0, "popularity": 0.1}  # fmt: skip
    ranker = ItemKnn(0.5, 20.0, 0.5, 0.2, 0.1).fit(held.train)
    history = held.query.matrix(data.n_items)
    new = history.toarray() == 0  # a trial counts the diagonal, which nobody ranks
    for scores in (1 << 24, 40 * len(held) // 2):  # all items, then a sample of half
        monkeypatch.setattr(item_knn, "TRIAL", scores)
        trials = item_knn._Trials.of(held, 0)
        expected = ranker.score(held.query)
        found = trials.scores(history, settings)
        where = new[:, trials.items]
        assert found[where] == pytest.approx(expected[:, trials.items][where], rel=1e-4)


def test_long_histories_are_thinned_beyond_the_budget(make_dataset, monkeypatch):
    data = make_dataset()
    monkeypatch.setattr(item_knn, "WORK", 1000)
    assert FIXED.fit(data).parts[0].weights.nnz < 1000

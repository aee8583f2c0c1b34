from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import prismrec as pr
from prismrec import registry
from prismrec.errors import BadData
from prismrec.evaluation.preference import preference, rightly_called, rightly_ordered


@given(st.integers(0, 2**16))
def test_both_equal_every_pair_looked_at_and_every_way_to_break_ties(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 7, 3)
    row, scores = np.repeat(np.arange(3), sizes), rng.integers(0, 4, sizes.sum()) / 4
    like = rng.random(len(row)) < 0.5
    first = np.append(0, sizes.cumsum()[:-1])
    like[first], like[first + 1] = True, False
    order = rng.permutation(len(row))
    row, scores, like = row[order], scores[order], like[order]
    for user in range(3):
        good, bad = scores[(row == user) & like], scores[(row == user) & ~like]
        pairs = [(g > b) + (g == b) / 2 for g in good for b in bad]
        assert rightly_ordered(scores, like, row)[user] == pytest.approx(np.mean(pairs))
        border = np.sort(scores[row == user])[::-1][len(good) - 1]
        inside, level = (scores[row == user] > border), (scores[row == user] == border)
        odds = np.where(inside, 1, level * (len(good) - inside.sum()) / level.sum())
        right = np.where(like[row == user], odds, 1 - odds).mean()
        assert rightly_called(scores, like, row)[user] == pytest.approx(right)


def test_only_users_with_both_count_and_what_lies_between_is_left_out(log, table):
    seen = log([(0, 5), (1, 5)])
    test = log([(0, 0), (0, 1), (0, 2), (1, 0), (2, 3), (2, 4)], weight=[5, 3, 1, 5, 2, 4])
    ranker = table([[1, 9, 0, 0, 0, 0], [0] * 6, [0, 0, 0, 7, np.nan, 0]])
    run = preference(ranker, test, seen=seen, liked=4, disliked=2)
    assert run.users.tolist() == [0, 2]
    assert run.per_user["like-auc"].tolist() == [1, 0]
    assert run.per_user["like-accuracy"].tolist() == [1, 0]
    assert set(run.to_json()["metrics"]) == {"like-auc", "like-accuracy"}


def test_a_dislike_is_an_event_that_weighs_nothing(log, table):
    seen, test = log([(0, 5)]), log([(0, 0), (0, 1), (0, 1)], weight=[3, 0, 0])
    run = preference(table([[2, 1, 0, 0, 0, 0]] * 3), test, seen=seen)
    assert run.metrics["like-auc"].mean == 1


def test_the_blocks_do_not_matter(log, table, monkeypatch):
    rng = np.random.default_rng(0)
    pairs = rng.permutation(np.unique(rng.integers(0, (20, 9), (120, 2)), axis=0)).tolist()
    seen, test = log([(0, 0)], (20, 9)), log(pairs[1:], (20, 9), weight=rng.random(len(pairs) - 1))
    test = test.with_interactions(test.interactions.take(test.interactions.users > 0))
    ranker = table(rng.random((20, 9)))
    whole = preference(ranker, test, seen=seen, liked=0.6, disliked=0.4)
    monkeypatch.setattr("prismrec.evaluation.preference.BLOCK", 20)
    parts = preference(ranker, test, seen=seen, liked=0.6, disliked=0.4)
    assert np.array_equal(whole.per_user["like-auc"], parts.per_user["like-auc"])


def test_a_log_without_dislikes_says_what_to_do(log, table):
    with pytest.raises(BadData, match="liked=4, disliked=2"):
        preference(table(np.zeros((3, 6))), log([(0, 1)]), seen=log([(0, 0)]))


@pytest.mark.data
def test_ratings_tell_likes_from_dislikes(data_dir):
    data = pr.read(data_dir / "movielens-posters").dataset()
    train, _, test = pr.split(data, by="time", valid=0.0, test=0.2)
    ranker = registry.build("models", "item-knn").fit(train)
    run = preference(ranker, test, seen=train, liked=4, disliked=2)
    assert run.metrics["like-auc"].low > 0.5

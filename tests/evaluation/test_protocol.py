from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.data.split import split
from prismrec.errors import BadData, UnknownName
from prismrec.evaluation.protocol import cold_items, evaluate
from prismrec.rankers import topk

# u0 has seen item 0 and wants 1 and 4; u1 has seen nothing and wants 5; u2 wants nothing.
SCORES = [
    [9, 8, 7, 6, 5, 4],
    [1, 2, 3, 4, 5, 6],
    [1, 1, 1, 1, 1, 1],
]
SEEN = [(0, 0), (2, 3)]
WANTED = [(0, 1), (0, 4), (1, 5)]


def test_a_case_worked_by_hand(log, table):
    # u0 gets 1, 2, 3 (0 is seen): a hit at rank 1. u1 gets 5, 4, 3: a hit at rank 1.
    out = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=3)
    ideal = 1 + 1 / math.log2(3)
    expected = {
        "precision@3": [1 / 3, 1 / 3],
        "recall@3": [1 / 2, 1],
        "f1@3": [2 / 5, 1 / 2],
        "hit@3": [1, 1],
        "mrr@3": [1, 1],
        "map@3": [1 / 2, 1],
        "ndcg@3": [1 / ideal, 1],
        "accuracy@3": [1 - 3 / 5, 1 - 2 / 6],  # of 5 and of 6 candidates
    }
    assert {name: list(values) for name, values in out.per_user.items()} == {
        name: pytest.approx(values) for name, values in expected.items()
    }
    assert out.metrics["recall@3"].mean == pytest.approx(3 / 4)
    assert out.users.tolist() == [0, 1]
    assert (out.n_users, out.n_items) == (2, 6)
    assert out.lists == {"coverage@3": 5 / 6}
    assert out.notes == ()


def test_several_k_are_measured_at_once_as_each_alone(log, table):
    both = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=(4, 1))
    for k in (1, 4):
        alone = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=k)
        for name, values in alone.per_user.items():
            assert np.array_equal(both.per_user[name], values), name
        assert both.lists[f"coverage@{k}"] == alone.lists[f"coverage@{k}"]


def test_only_the_metrics_asked_for(log, table):
    out = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), metrics=["ndcg", "hit"])
    assert list(out.metrics) == ["ndcg@20", "hit@20"]
    with pytest.raises(UnknownName, match="ndcg"):
        evaluate(table(SCORES), log(WANTED), seen=log(SEEN), metrics=["ndgc"])


def test_a_list_longer_than_the_catalogue_ends_in_misses(log, table):
    out = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=10, metrics=["precision"])
    assert out.per_user["precision@10"] == pytest.approx([2 / 10, 1 / 10])


def test_a_model_without_an_opinion_does_not_profit_from_the_order_of_the_catalogue(log, table):
    users, shape = np.arange(2000), (2000, 50)
    test = log([(user, user % 5) for user in users], shape)  # the first five rows are the hits
    equal = table(np.zeros(shape))
    out = evaluate(equal, test, seen=log([], shape), k=10, metrics=["recall"])
    assert out.metrics["recall@10"].mean == pytest.approx(10 / 50, abs=0.04)
    assert out.lists["coverage@10"] == 1


def test_ties_break_alike_for_a_seed_and_only_among_equals(log, table):
    test, seen = log([(0, 5), (1, 0)]), log([])
    scores = table([[1, 1, 1, 1, 1, 0], [2, 1, 1, 1, 1, 1], [0] * 6])
    first = evaluate(scores, test, seen=seen, k=(1, 5), seed=1)
    assert first.per_user["mrr@5"].tolist() == [0, 1]
    again = evaluate(scores, test, seen=seen, k=(1, 5), seed=1)
    assert again.metrics == first.metrics


def test_an_item_without_a_score_comes_last(log, table):
    scores = np.array(SCORES, np.float32)
    scores[1, 5] = np.nan
    out = evaluate(table(scores), log(WANTED), seen=log(SEEN), k=(5, 6), metrics=["hit"])
    assert out.per_user["hit@5"].tolist() == [1, 0]
    assert out.per_user["hit@6"].tolist() == [1, 1]


def test_candidates_restrict_lists_relevance_and_users(log, table):
    # Of 2, 4, 5 u0 wants 4 and gets 2, 4, 5; u1 wants 5 and gets 5, 4, 2.
    only = np.array([5, 2, 4])
    out = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=2, only=only)
    assert out.per_user["recall@2"].tolist() == [1, 1]
    assert out.per_user["mrr@2"].tolist() == [1 / 2, 1]
    assert out.per_user["accuracy@2"] == pytest.approx([2 / 3, 2 / 3])
    assert out.n_items == 3
    lone = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=2, only=np.array([5]))
    assert lone.users.tolist() == [1]


def test_cold_items_are_those_that_nobody_used(log):
    assert cold_items(log(SEEN)).tolist() == [1, 2, 4, 5]


def test_an_event_counts_once_however_often_it_happened(log, table):
    twice = evaluate(table(SCORES), log([*WANTED, (0, 4), (0, 4)]), seen=log(SEEN * 3), k=3)
    once = evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=3)
    assert twice.metrics == once.metrics


def test_repeats_are_left_out_and_counted(log, table):
    test = log([*WANTED, (0, 0), (2, 3)], time=[11, 12, 13, 14, 15])
    out = evaluate(table(SCORES), test, seen=log(SEEN, time=[1, 2]), k=3)
    assert out.users.tolist() == [0, 1]
    assert out.per_user["recall@3"].tolist() == [0.5, 1]
    assert out.notes == ("2 of 5 test interactions repeat one seen earlier: left out",)


def test_nothing_but_repeats_is_refused(log, table):
    with pytest.raises(BadData, match="none of the 1 test interactions"):
        evaluate(table(SCORES), log([(0, 0)], time=[9]), seen=log(SEEN, time=[1, 2]))


def test_a_dislike_is_no_hit(log, table):
    test = log([*WANTED, (2, 0)], weight=[1, 0, 5, 0])
    out = evaluate(table(SCORES), test, seen=log(SEEN), k=3)
    assert out.per_user["recall@3"].tolist() == [1, 1]
    assert "2 of 4 test interactions weigh 0" in out.notes[0]


def test_a_split_that_lets_the_model_see_the_future_is_noted(log, table):
    out = evaluate(table(SCORES), log(WANTED, time=[5, 5, 5]), seen=log(SEEN, time=[1, 9]), k=3)
    assert "50.0% of what was seen is later" in out.notes[0]


@pytest.mark.parametrize("k", [0, -1, (5, 0), ()])
def test_a_list_needs_a_place(log, table, k):
    with pytest.raises(BadData, match="k must be 1 or more"):
        evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=k)


def test_the_size_of_blocks_does_not_matter(make_dataset, table, monkeypatch):
    train, _, test = split(make_dataset(n_users=80, n_items=120), "random")
    ranker = table(np.random.default_rng(0).integers(0, 9, (80, 120)))
    whole = evaluate(ranker, test, seen=train, k=(5, 20))
    for block in (1, 120 * 7):
        monkeypatch.setattr(topk, "BLOCK", block)
        parts = evaluate(ranker, test, seen=train, k=(5, 20))
        assert parts.metrics == whole.metrics
        assert parts.lists == whole.lists


def test_the_scores_of_the_ranker_are_not_changed(log, table):
    ranker = table(SCORES)
    evaluate(ranker, log(WANTED), seen=log(SEEN))
    assert ranker.scores.tolist() == SCORES


def test_the_print_shows_every_figure(log, table):
    text = str(evaluate(table(SCORES), log(WANTED), seen=log(SEEN), k=3, metrics=["recall"]))
    assert text.splitlines()[0].startswith("recall@3      0.7500 [0.")
    assert "coverage@3    0.8333" in text
    assert "2 users, 6 candidate items" in text


def slow_evaluation(scores, test, seen, *, k, only):
    """One user at a time, with sets and a sort, the way a reader would."""
    recalls, gains, reached = [], [], set()
    for user in range(len(scores)):
        known = {i for u, i in seen if u == user}
        wanted = {i for u, i in test if u == user} & only - known
        if not wanted:
            continue
        ranked = sorted(only - known, key=lambda i: (-scores[user][i], i))[:k]
        reached |= set(ranked)
        ranks = [rank for rank, item in enumerate(ranked, 1) if item in wanted]
        ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(wanted), k) + 1))
        recalls.append(len(ranks) / len(wanted))
        gains.append(sum(1 / math.log2(rank + 1) for rank in ranks) / ideal)
    return np.mean(recalls), np.mean(gains), len(reached) / len(only)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 4))
def test_it_equals_one_user_at_a_time(log, table, seed, k, levels):
    rng = np.random.default_rng(seed)
    shape = 5, 11
    pairs = rng.permutation(np.unique(rng.integers(0, shape, (40, 2)), axis=0))
    cut = len(pairs) // 2
    seen, test = pairs[:cut].tolist(), pairs[cut:].tolist()
    scores = rng.permuted(np.tile(np.arange(11) // 3 * levels + np.arange(11), (5, 1)), axis=1)
    only = np.union1d(np.flatnonzero(rng.random(11) < 0.7), test[0][1])
    out = evaluate(table(scores), log(test, shape), seen=log(seen, shape), k=k, only=only)
    slow = slow_evaluation(scores.tolist(), test, seen, k=k, only=set(only.tolist()))
    found = (out.metrics[f"recall@{k}"].mean, out.metrics[f"ndcg@{k}"].mean)
    assert (*found, out.lists[f"coverage@{k}"]) == pytest.approx(slow)


@pytest.mark.data
@pytest.mark.parametrize(("part", "recall"), [("train", 0.0596), ("valid", 0.1768)])
def test_popularity_on_tiktok_confirms_the_protocol(data_dir, part, recall):
    """Published tables mask train alone; the two figures are from the project's research notes."""
    from prismrec.data.read import read

    parts = split(read(data_dir / "tiktok").dataset(), "given")

    class Popularity:
        n_items = parts.train.n_items
        counts = getattr(parts, part).item_support().astype(np.float32)

        def score(self, query):
            return np.tile(self.counts, (len(query), 1))

    out = evaluate(Popularity(), parts.test, seen=parts.train, metrics=["recall"])
    assert out.metrics["recall@20"].mean == pytest.approx(recall, abs=1e-3)  # counts tie
    assert out.n_users == 6130

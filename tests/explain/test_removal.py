from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.explain import removal
from prismrec.explain.removal import kept, leave_one_out, past_items
from prismrec.explain.shares import explain
from prismrec.rankers import ItemWeights, Part, Query, Towers
from prismrec.registry import build

ITEMS = Query(
    np.array([3]),
    Jagged.from_rows([[5, 2, 5, 9]]),
    np.float32([1, 2, 3, 4]),
    np.array([10, 20, 30, 40]),
)


def test_all_events_of_a_past_item_go_and_the_others_keep_their_order():
    past = past_items(ITEMS)
    assert past.tolist() == [2, 5, 9]
    found = kept(ITEMS, past, np.array([[True, False, True], [False, False, False], [True] * 3]))
    assert [row.tolist() for row in (found.history[0], found.history[1], found.history[2])] == [
        [2, 9], [], [5, 2, 5, 9],
    ]  # fmt: skip
    assert found.users.tolist() == [3, 3, 3]
    assert found.weight.tolist() == [2, 4, 1, 2, 3, 4]
    assert found.time.tolist() == [20, 40, 10, 20, 30, 40]


def test_in_a_sum_what_is_lost_is_the_exact_share(make_dataset):
    data = make_dataset(80, 40)
    ranker = build("models", "ease").fit(data)
    query = Query.of(data, np.array([4]))
    shares = {past: amount for past, _, amount in explain(ranker, query, 8).by_item}
    (found,) = leave_one_out(ranker, query, [8])
    assert found.item == 8
    assert found.score == pytest.approx(ranker.score(query)[0, 8], abs=1e-6)
    for past, amount in found.by_item:
        assert amount == pytest.approx(shares.get(past, 0.0), abs=1e-6)
    amounts = [amount for _, amount in found.by_item]
    assert amounts == sorted(amounts, reverse=True)


def test_what_says_the_same_twice_is_not_missed_alone():
    class Loudest(ItemWeights):
        def score(self, query):
            matrix = query.matrix(self.n_items).toarray()
            return np.max(matrix[:, :, None] * self.parts[0].weights, axis=1)

    weights = np.float32([[0, 0, 3, 0], [0, 0, 3, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    ranker = Loudest((Part("used together", "behaviour", weights),))
    found = leave_one_out(ranker, Query.strangers(Jagged.from_rows([[0, 1]])), [2, 3])
    assert found[0].by_item == ((0, 0.0), (1, 0.0))
    assert found[1].by_item == ((1, 1.0), (0, 0.0))


def test_every_block_is_scored(make_dataset, monkeypatch):
    data = make_dataset(80, 40)
    ranker = build("models", "prism").fit(data)
    query = Query.of(data, np.array([11]))
    whole = leave_one_out(ranker, query, [0, 1, 2])
    monkeypatch.setattr(removal, "BLOCK", 80)
    for one, other in zip(whole, leave_one_out(ranker, query, [0, 1, 2]), strict=True):
        assert dict(one.by_item) == pytest.approx(dict(other.by_item), abs=1e-5)


def test_a_stranger_of_towers_stands_at_the_mean_of_what_is_left():
    towers = Towers(np.ones((1, 2), np.float32), np.float32([[4, 0], [0, 2], [1, 1]]))
    (found,) = leave_one_out(towers, Query.strangers(Jagged.from_rows([[0, 1]])), [2])
    assert found.score == 3.0
    assert found.by_item == ((1, -1.0), (0, 1.0)) or found.by_item == ((0, 1.0), (1, -1.0))


def test_without_its_only_item_a_history_has_no_opinion_which_counts_as_nothing():
    towers = Towers(np.ones((1, 2), np.float32), np.float32([[4, 0], [0, 2], [1, 1]]))
    (found,) = leave_one_out(towers, Query.strangers(Jagged.from_rows([[0]])), [2])
    assert found.by_item == ((0, 4.0),)


def test_known_users_of_towers_are_refused_with_the_way_out():
    towers = Towers(np.ones((1, 2), np.float32), np.float32([[4, 0], [0, 2], [1, 1]]))
    query = replace(Query.strangers(Jagged.from_rows([[0, 1]])), users=np.array([0]))
    with pytest.raises(BadData, match=r"do not depend on the history of a known user.*--history"):
        leave_one_out(towers, query, [2])


def test_somebody_without_history_loses_nothing():
    towers = Towers(np.ones((1, 2), np.float32), np.ones((3, 2), np.float32))
    known = Query(np.array([0]), Jagged.empty(1))
    assert leave_one_out(towers, known, [2])[0].by_item == ()


def test_one_person_at_a_time(make_dataset):
    data = make_dataset(10, 40)
    with pytest.raises(BadData, match="one person is explained at a time, not 10"):
        leave_one_out(build("models", "popularity").fit(data), Query.of(data), [0])

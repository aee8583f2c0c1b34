import numpy as np
import pytest

from prismrec import holdout
from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.data.vocabulary import Vocabulary
from prismrec.holdout import HeldOut, choose, hold_out, without
from prismrec.rankers import Query
from prismrec.train import Training


def dataset(pairs: list[tuple[int, int]], *, times: list[int] | None = None) -> Dataset:
    users, items = np.array(pairs).T
    log = Interactions.of(users, items, time=None if times is None else np.array(times))
    names = (Vocabulary(tuple(map(str, range(n)))) for n in (4, 6))
    return Dataset(log, *names)


PAIRS = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 5), (2, 0), (2, 5)]


def test_the_latest_item_is_held_out_with_its_repeats():
    held = hold_out(dataset(PAIRS, times=[5, 9, 1, 2, 3, 4, 8]), Training())
    assert held.query.users.tolist() == [0, 2]
    assert held.choices.values.tolist() == [2, 5]
    assert held.query.history.values.tolist() == [3, 1, 0]
    left = {*zip(held.train.interactions.users, held.train.interactions.items, strict=True)}
    assert left == {(0, 1), (0, 3), (1, 4), (2, 0)}


def test_without_times_the_seed_decides():
    data = dataset(PAIRS)
    drawn = {tuple(hold_out(data, Training(seed=s)).choices.values.tolist()) for s in range(20)}
    assert len(drawn) > 2
    assert all(choice in [(a, b) for a in (1, 2, 3) for b in (5, 0)] for choice in drawn)
    again = hold_out(data, Training(seed=3))
    assert np.array_equal(again.choices.values, hold_out(data, Training(seed=3)).choices.values)


def test_valid_gives_the_choices_and_train_stays_whole():
    train = dataset(PAIRS)
    valid = dataset([(1, 0), (1, 2), (0, 1), (3, 3)])
    held = hold_out(train, Training(valid=valid))
    assert held.train is train
    assert held.query.users.tolist() == [1, 3]
    assert [held.choices[row].tolist() for row in range(2)] == [[0, 2], [3]]
    assert [held.query.history[row].tolist() for row in range(2)] == [[4], []]


def test_people_limits_the_sample():
    assert len(hold_out(dataset(PAIRS), Training(), people=1)) == 1


def test_a_log_of_single_items_has_nothing_to_hold_out():
    held = hold_out(dataset([(0, 1), (1, 2)]), Training())
    assert len(held) == 0
    assert held.gain(lambda history: history.toarray()) == 0


@pytest.fixture
def held() -> HeldOut:
    query = Query(np.array([0, 1]), Jagged.from_rows([[0], [1, 2]]))
    return HeldOut(dataset(PAIRS), query, Jagged.from_rows([[3], [4, 5]]))


SCORES = np.array([[9, 5, 1, 4, 0, 1], [1, 9, 9, 1, 3, 2]], np.float32)


def place(rank: int) -> float:
    return 1 / np.log2(rank + 2)


def test_the_gain_is_ndcg_over_items_that_are_new_to_the_person(held, monkeypatch):
    expected = (place(1) + (place(0) + place(1)) / 2) / 2
    assert held.gain(lambda _: SCORES.copy()) == pytest.approx(expected)
    monkeypatch.setattr(holdout, "BLOCK", 6)  # one person at a time
    row = iter(SCORES.copy())
    assert held.gain(lambda _: next(row)[None]) == pytest.approx(expected)


def test_among_equals_and_without_opinion_a_choice_ranks_last(held):
    assert held.gain(lambda h: np.zeros(h.shape, np.float32)) == pytest.approx(
        (place(4) + place(3)) / 2
    )
    assert held.gain(lambda h: np.full(h.shape, np.nan, np.float32)) == 0


def test_only_some_items_may_be_scored(held):
    items = np.array([1, 3, 5])
    gain = held.gain(lambda _: SCORES[:, items].copy(), items, each=2.0)
    assert gain == pytest.approx((place(2) + place(0) / 2) / 2)


def test_choices_below_rank_100_gain_nothing():
    names = (Vocabulary(tuple(map(str, range(n)))) for n in (1, 150))
    data = Dataset(Interactions.of(np.array([0]), np.array([0])), *names)
    query = Query(np.array([0]), Jagged.empty(1))
    scores = -np.arange(150, dtype=np.float32)[None]
    gains = [
        HeldOut(data, query, Jagged.from_rows([[i]])).gain(lambda _: scores.copy())
        for i in (99, 100)
    ]
    assert gains == [pytest.approx(place(99)), 0]


def test_choose_climbs_over_single_names_and_pairs():
    def gain(s):  # names a and b must move together
        return -((s["a"] - s["b"]) ** 2) * 10 + s["a"] + s["c"]

    start = {"a": 0.0, "b": 0.0, "c": 0.0}
    alone = choose(gain, start, [{"a": (0, 1)}, {"b": (0, 1)}, {"c": (0, 1)}])
    assert alone == {"a": 0, "b": 0, "c": 1}
    together = choose(gain, start, [{"a": (0, 1), "b": (0, 1)}, {"c": (0, 1)}])
    assert together == {"a": 1, "b": 1, "c": 1}


def test_choose_asks_once_for_each_setting_and_prefers_the_start():
    asked = []
    found = choose(lambda s: asked.append(dict(s)) or 0.0, {"a": 1}, [{"a": (0, 1, 2)}])
    assert found == {"a": 1}
    assert len(asked) == 3


def test_fixed_names_leave_the_moves():
    moves = ({"a": (1, 2), "b": (3,)}, {"c": (4,)})
    assert without(moves, {"b": 3, "c": 4}) == [{"a": (1, 2)}]

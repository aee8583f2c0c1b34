"""Splits: disjoint, complete and seeded whatever the log, and each as its docstring says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.split import split
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData, UnknownName

SEEDLESS = ["user-time", "time", "leave-one-out"]
ALL = [*SEEDLESS, "random", "new-items"]


def dataset(users, items, time=None, **labels) -> Dataset:
    users, items = np.asarray(users, np.int64), np.asarray(items, np.int64)
    log = Interactions.of(users, items, time=None if time is None else np.asarray(time, np.int64))
    labels = {name: np.asarray(column, np.int64) for name, column in labels.items()}
    log = Interactions(log.users, log.items, log.weight, log.time, labels)
    names = [Vocabulary(tuple(map(str, range(int(rows.max()) + 1)))) for rows in (users, items)]
    return Dataset(log, *names)


@st.composite
def logs(draw) -> Dataset:
    n, most = draw(st.integers(1, 80)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return dataset(*(rng.integers(0, high, n) for high in (7, 10, most)))


def parts_of_rows(data: Dataset, by: str, **options) -> np.ndarray:
    """Part of each log row, found through a weight that is different in every row."""
    log = data.interactions
    weight = np.arange(1, len(log) + 1, dtype=np.float32)
    data = data.with_interactions(Interactions(log.users, log.items, weight, log.time, log.labels))
    found = np.full(len(log), -1)
    for number, part in enumerate(split(data, by, **options)):
        rows = part.interactions.weight.astype(int) - 1
        assert (found[rows] == -1).all(), "a row lies in two parts"
        found[rows] = number
    assert (found >= 0).all(), "a row lies in no part"
    return found


def try_parts(data: Dataset, by: str, **options) -> np.ndarray | None:
    try:
        return parts_of_rows(data, by, **options)
    except BadData as error:
        assert "nothing to train on" in str(error) or "distinct times" in str(error)
        return None


@given(logs(), st.sampled_from(ALL), st.integers(0, 3), st.sampled_from([0.0, 0.1, 0.3]))
def test_every_split_is_disjoint_complete_and_repeatable(data, by, seed, valid):
    options = {"valid": valid, "test": 0.2, "seed": seed}
    first, again = try_parts(data, by, **options), try_parts(data, by, **options)
    assert (first is None) == (again is None)
    if first is not None:
        assert np.array_equal(first, again)
        assert valid > 0 or not (first == 1).any()


@given(logs())
def test_time_never_cuts_through_one_moment(data):
    parts = try_parts(data, "time", valid=0.2, test=0.2)
    if parts is not None:
        time = data.interactions.time
        assert time[parts == 0].max() < time[parts == 1].min()
        assert time[parts == 1].max() < time[parts == 2].min()


@given(logs())
def test_user_time_puts_the_last_events_of_each_user_into_test(data):
    parts = try_parts(data, "user-time", valid=0.2, test=0.2)
    log = data.interactions
    for user in range(data.n_users) if parts is not None else ():
        mine = log.users == user
        order = np.argsort(log.time[mine], kind="stable")
        assert (np.diff(parts[mine][order]) >= 0).all()
        n = mine.sum()
        quota = max(1, int(n * 0.2 + 1e-9)) if n >= 3 else 0
        assert [(parts[mine] == part).sum() for part in (1, 2)] == [quota, quota]


@given(logs(), st.sampled_from(["random", "leave-one-out"]))
def test_all_events_of_a_pair_stay_together(data, by):
    parts = try_parts(data, by, valid=0.2, test=0.2)
    if parts is not None:
        pairs = data.interactions.users * data.n_items + data.interactions.items
        for pair in np.unique(pairs):
            assert len(set(parts[pairs == pair])) == 1


@given(logs())
def test_leave_one_out_takes_the_two_newest_items(data):
    parts = try_parts(data, "leave-one-out")
    log = data.interactions
    for user in range(data.n_users) if parts is not None else ():
        mine = np.flatnonzero(log.users == user)
        first: dict[int, tuple[int, int]] = {}
        for row in mine:
            seen = (int(log.time[row]), int(row))
            first[log.items[row]] = min(seen, first.get(log.items[row], seen))
        newest = sorted(first, key=first.__getitem__)
        expected = dict.fromkeys(newest, 0)
        if len(newest) >= 3:
            expected |= {newest[-2]: 1, newest[-1]: 2}
        assert [expected[item] for item in log.items[mine]] == parts[mine].tolist()


@given(logs(), st.integers(0, 5))
def test_new_items_are_in_one_part_only(data, seed):
    parts = try_parts(data, "new-items", valid=0.2, test=0.3, seed=seed)
    if parts is not None:
        items = data.interactions.items
        inside = [set(items[parts == part]) for part in range(3)]
        assert not inside[0] & inside[1] and not inside[0] & inside[2]
        assert not inside[1] & inside[2]
        used = len(set(items))
        assert [len(part) for part in inside[1:]] == [round(used * 0.2), round(used * 0.3)]


def test_random_gives_floor_of_the_share_and_at_least_one():
    data = dataset([0] * 25 + [1] * 3 + [2] * 2, [*range(25), *range(3), *range(2)])
    parts = parts_of_rows(data, "random")
    assert np.bincount(parts[:25]).tolist() == [21, 2, 2]
    assert np.bincount(parts[25:28]).tolist() == [1, 1, 1]
    assert parts[28:].tolist() == [0, 0]


@pytest.mark.parametrize("by", ["random", "new-items"])
def test_another_seed_is_another_split(by):
    data = dataset(np.arange(200) % 10, np.arange(200) // 10)
    assert not np.array_equal(parts_of_rows(data, by, seed=0), parts_of_rows(data, by, seed=1))


def test_parts_share_vocabularies_and_features(make_dataset):
    data = make_dataset()
    for part in split(data, "time"):
        assert part.items is data.items
        assert part.user_ids is data.user_ids


def test_labels_are_taken_by_their_column_or_as_given():
    data = dataset([0, 0, 1, 1], [0, 1, 0, 1], ua_split=[0, 2, 1, 0])
    assert parts_of_rows(data, "ua_split").tolist() == [0, 2, 1, 0]
    assert parts_of_rows(data, "given").tolist() == [0, 2, 1, 0]


def test_given_needs_exactly_one_column():
    several = dataset([0, 0, 1], [0, 1, 0], split=[0, 1, 2], ua_split=[0, 0, 2])
    with pytest.raises(BadData, match="several splits; name one of split, ua_split"):
        split(several, "given")
    with pytest.raises(BadData, match="no column 'split'"):
        split(dataset([0, 0, 1], [0, 1, 0]), "given")


@pytest.mark.parametrize("by", SEEDLESS)
def test_a_split_by_time_needs_times(by):
    with pytest.raises(BadData, match="add a column 'timestamp'"):
        split(dataset([0, 0, 0], [0, 1, 2]), by)


def test_what_cannot_be_split_says_why():
    data = dataset([0, 0, 0], [0, 1, 2], time=[5, 5, 5])
    with pytest.raises(BadData, match="only 1 distinct times"):
        split(data, "time")
    with pytest.raises(BadData, match="leave a train"):
        split(data, "random", valid=0.5, test=0.5)
    with pytest.raises(BadData, match="nothing to train on"):
        split(dataset([0], [0], split=[2]), "given")
    with pytest.raises(UnknownName, match="time"):
        split(data, "tme")


def test_every_registered_split_is_tested_here():
    assert set(ALL) | {"given"} == set(registry.names("splits"))

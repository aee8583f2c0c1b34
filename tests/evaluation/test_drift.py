from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import prismrec as pr
from prismrec.data.interactions import Interactions
from prismrec.data.split import Split, split
from prismrec.errors import BadData, Leak
from prismrec.evaluation.drift import drift, windows


@pytest.fixture(scope="module")
def fashion(make_dataset):
    """Each day another five of 100 items are what everybody uses."""
    data = make_dataset(200, 100)
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(40), 200)
    items = (day // 2 * 5 + rng.integers(0, 5, len(day))) % 100
    users = np.tile(rng.permutation(200), 40)
    log = Interactions.of(users, items, time=1_700_000_000 + 86_400 * day)
    return split(data.with_interactions(log), "time", valid=0.05, test=0.1)


def test_windows_follow_each_other_and_hold_everything(make_dataset):
    data = make_dataset()
    pieces = windows(data, 4)
    sizes = [len(piece.interactions) for piece in pieces]
    assert sizes == [180] * 4
    times = [piece.interactions.time for piece in pieces]
    assert all(early.max() < late.min() for early, late in pairwise(times))


def test_equal_times_stay_in_one_window(make_dataset):
    data = make_dataset()
    days = replace(data.interactions, time=data.interactions.time // 86_400 // 7)
    pieces = windows(data.with_interactions(days), 3)
    seen = [set(piece.interactions.time.tolist()) for piece in pieces]
    assert not set.intersection(*seen)
    assert sum(len(piece.interactions) for piece in pieces) == len(days)
    alike = replace(data.interactions, time=np.zeros(len(days), np.int64))
    assert len(windows(data.with_interactions(alike), 3)) == 1


def test_where_fashion_moves_recent_popularity_beats_all_time_popularity(fashion):
    found = drift(pr.models.Popularity().fit(fashion.train), fashion, k=10)
    assert found.gap.high < 0
    assert "beats the model" in found.warning
    assert "newest" in found.counted
    assert "100%" not in found.counted


def test_a_model_that_knows_what_comes_has_no_warning(fashion, table):
    oracle = np.zeros((200, 100))
    log = fashion.test.interactions
    oracle[log.users, log.items] = 1
    found = drift(table(oracle), fashion, k=10, n_windows=2)
    assert found.warning == ""
    assert [window.model.mean for window in found.windows] == [1, 1]
    assert found.windows[0].end < found.windows[1].start


def test_without_times_valid_is_what_is_recent(fashion):
    parts = Split(
        *(
            part.with_interactions(replace(part.interactions, time=None))
            for part in split(_once(fashion), "time", valid=0.05, test=0.1)
        )
    )
    found = drift(pr.models.Popularity().fit(parts.train), parts)
    assert len(found.windows) == 1
    assert found.windows[0].start is None
    assert "valid part" in found.counted
    tie = drift(pr.models.Popularity().fit(parts.valid), parts)
    assert tie.gap == (0, 0, 0)
    assert "as good as the model" in tie.warning


def test_a_split_at_random_is_refused(make_dataset):
    parts = split(make_dataset(), "random")
    with pytest.raises(Leak, match=r"later than the first test event.*split by time"):
        drift(pr.models.Popularity().fit(parts.train), parts)


def test_a_split_without_valid_is_refused(make_dataset):
    parts = split(make_dataset(), "time", valid=0)
    with pytest.raises(BadData, match="valid part"):
        drift(pr.models.Popularity().fit(parts.train), parts)


def test_the_result_is_plain_values(fashion):
    found = drift(pr.models.Popularity().fit(fashion.train), fashion)
    plain = json.loads(json.dumps(found.to_json()))
    assert plain["windows"][0]["model"].keys() == {"mean", "low", "high"}
    assert "window 1" in str(found)


def _once(parts):
    """The whole log with each pair once, as a log without times must be."""
    log = parts.train.interactions.concatenated(parts.valid.interactions)
    log = log.concatenated(parts.test.interactions)
    first = np.unique(log.users * parts.train.n_items + log.items, return_index=True)[1]
    return replace(parts.train, interactions=log.take(np.sort(first)), part="")

"""Oddities of logs, each made by hand; an ordinary log has none of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.shop import Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.media.quality import check

NOW = 1_700_000_000.0
START = 1_690_000_000


def shop_of(users, items, times=None, **present) -> Shop:
    users, items = np.asarray(users), np.asarray(items)
    n_items = int(items.max()) + 1
    features = {
        name: Feature.of(np.ones((n_items, 2 if name == "image" else 64), np.float32), mask)
        for name, mask in present.items()
    }
    return Shop(
        path=Path("shop"),
        interactions=Interactions.of(users, items, time=times),
        user_ids=Vocabulary(tuple(f"u{row}" for row in range(int(users.max()) + 1))),
        item_ids=Vocabulary(tuple(f"i{row}" for row in range(n_items))),
        item_features=features,
    )


def found(shop: Shop):
    return {finding.code: finding for finding in check(shop, now=NOW).findings}


@pytest.fixture
def ordinary():
    """40 users of 12 events over 30 items; times rise by the hour."""
    rng = np.random.default_rng(0)
    users = rng.permutation(np.repeat(np.arange(40), 12))
    items = np.concatenate([np.arange(30), rng.integers(0, 30, len(users) - 30)])
    return users, items, START + 3600 * np.arange(len(users))


def test_an_ordinary_log_is_not_odd(ordinary):
    codes = set(found(shop_of(*ordinary)))
    assert not codes & {code for code in codes if code.startswith("log.")}


def test_rows_that_stand_twice(ordinary):
    users, items, times = (np.concatenate([column, column[:7]]) for column in ordinary)
    assert found(shop_of(users, items, times))["log.repeated"].count == 7


def test_a_robot_is_named(ordinary):
    users, items, times = ordinary
    n = 3000
    users = np.concatenate([users, np.full(n, 40)])
    items = np.concatenate([items, np.arange(n) % 30])
    times = np.concatenate([times, START + 60 * np.arange(n)])
    robots = found(shop_of(users, items, times))["log.robots"]
    assert [case.ids for case in robots.cases] == [("u40",)]
    assert "3,000 events; the median is 12" in robots.cases[0].detail


def test_times_that_cannot_be(ordinary):
    users, items, times = ordinary
    times = times.copy()
    times[:3], times[3:5] = 0, int(NOW) + 10 * 86_400
    codes = found(shop_of(users, items, times))
    assert (codes["log.ancient"].count, codes["log.future"].count) == (3, 2)
    assert "1970-01-01" in codes["log.ancient"].cases[0].detail


def test_times_beyond_any_calendar_are_told(ordinary):
    users, items, times = ordinary
    times = times.copy()
    times[0] = 2**60
    assert "s after 1970" in found(shop_of(users, items, times))["log.future"].cases[0].detail


def test_users_of_one_item_and_items_of_nobody():
    codes = found(shop_of([0, 0, 1, 1], [0, 0, 0, 2]))
    assert [case.ids for case in codes["log.one-item-users"].cases] == [("u0",)]
    assert [case.ids for case in codes["log.unused-items"].cases] == [("i1",)]


def test_sessions_written_at_one_moment(ordinary):
    users, items, times = ordinary
    assert "log.same-moment" in found(shop_of(users, items, np.full_like(times, START)))


def test_new_items_and_new_favourites():
    old, new = np.arange(800) % 25, 25 + np.arange(200) % 25
    items = np.concatenate([old, new])
    users = np.arange(1000) % 50
    codes = found(shop_of(users, items, START + np.arange(1000) * 60))
    assert codes["drift.new-items"].count == 200
    assert "drift.popularity" in codes


def test_coverage_that_popular_and_recent_items_lack():
    items = np.concatenate([np.arange(100), np.zeros(400, int), np.full(200, 1)])
    users = np.arange(len(items)) % 40
    has = np.ones(100, bool)
    has[:2] = False
    codes = found(shop_of(users, items, START + np.arange(len(items)) * 60, image=has))
    assert "98.0% of items" in codes["coverage.popular-lack"].cases[0].detail
    few = np.ones(100, bool)
    few[1] = False
    codes = found(shop_of(users, items, START + np.arange(len(items)) * 60, image=few))
    assert "drift.coverage" in codes


def test_modalities_of_unequal_coverage_and_length():
    some, all_ = np.arange(10) < 3, np.ones(10, bool)
    codes = found(shop_of([0] * 10, np.arange(10), image=some, text=all_))
    assert codes["coverage.low"].modality == "image"
    assert codes["balance.amount"].cases[0].detail == "text 100.0%, image 30.0%"
    assert codes["balance.dimension"].cases[0].detail == "text 64, image 2"


def test_nothing_is_known_of_an_item():
    has = np.array([True, False, False])
    codes = found(shop_of([0, 0], [0, 2], image=has))
    assert [case.ids for case in codes["coverage.unreachable"].cases] == [("i1",)]
    assert "coverage.none" in found(shop_of([0], [0], image=np.zeros(1, bool)))

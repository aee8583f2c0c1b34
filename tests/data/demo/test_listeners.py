from typing import Any

import numpy as np
import polars as pl
import pytest

from prismrec.data.demo.catalogue import YEAR_DAYS, Record, catalogue
from prismrec.data.demo.gaps import leave_gaps
from prismrec.data.demo.listeners import DRIVERS, Events, Listener, listen, listeners
from prismrec.types import MODALITIES

DAY = 86_400
World = tuple[list[Record], list[Listener], Events]


@pytest.fixture(scope="module")
def world() -> World:
    records, people = catalogue(304, 7), listeners(400, 7)
    gaps = leave_gaps(records, 7)
    shown = {modality: gaps.shown(modality, len(records)) for modality in MODALITIES}
    return records, people, listen(people, records, shown, seed=7)


def test_views_come_before_likes_and_likes_before_purchases(log: pl.DataFrame) -> None:
    assert log["timestamp"].is_sorted()
    tables = [log.filter(pl.col("event") == kind) for kind in ("view", "like", "buy")]
    assert len(tables[0]) > len(tables[1]) > len(tables[2]) > 0
    for earlier, later in ((tables[0], tables[1]), (tables[1], tables[2])):
        assert not later.select("user", "item").is_duplicated().any()
        both = later.join(earlier, on=["user", "item"], suffix="_before")
        assert len(both) == len(later)
        assert (both["timestamp"] > both["timestamp_before"]).all()


def test_the_log_lasts_a_year_and_nothing_is_used_before_its_release(world: World) -> None:
    records, _, events = world
    assert 0 <= events.seconds.min() < 7 * DAY
    assert (YEAR_DAYS - 3) * DAY < events.seconds.max() < YEAR_DAYS * DAY
    released = np.array([record.released for record in records])
    assert (events.seconds >= released[events.items] * DAY).all()


def test_the_end_of_the_log_has_records_that_its_beginning_has_not(world: World) -> None:
    _, _, events = world
    end = np.quantile(events.seconds, 0.9)
    old, late = (events.items[part] for part in (events.seconds < end, events.seconds >= end))
    assert 0.02 < np.isin(late, old, invert=True).mean() < 0.3


def test_activity_is_skewed(world: World) -> None:
    counts = np.bincount(world[2].users)
    assert counts.min() <= 4
    assert np.median(counts) < counts.mean()
    assert (counts >= 10).mean() > 0.4
    assert counts.max() > 4 * np.median(counts)


def test_each_listener_follows_the_driver_and_nothing_else(world: World) -> None:
    records, people, events = world
    viewed = events.kinds == 0
    styles = {
        "image": [record.look for record in records],
        "text": [record.theme for record in records],
        "audio": [record.genre for record in records],
        "behaviour": [f"community-{record.community}" for record in records],
    }
    shares: dict[tuple[str, str], list[float]] = {}
    for person in people:
        mine = events.items[(events.users == person.number) & viewed]
        for modality in DRIVERS:
            chosen = np.array(styles[modality])[mine]
            top = np.sort(np.unique(chosen, return_counts=True)[1])[-2:].sum() / len(mine)
            if modality == person.driver:
                top = np.isin(chosen, person.favourites).mean()
            if len(mine) >= 8:
                shares.setdefault((person.driver, modality), []).append(float(top))
    for driver in DRIVERS:
        own = np.mean(shares[driver, driver])
        assert own > 0.7
        assert all(np.mean(shares[driver, other]) < own - 0.15 for other in {*DRIVERS} - {driver})


def test_who_cannot_see_a_record_does_not_choose_it_by_eye(world: World) -> None:
    records, people, _ = world
    blind = {modality: np.zeros(len(records), bool) for modality in MODALITIES}
    events = listen(people, records, blind, seed=7)
    for person in people[:40:4]:
        assert person.driver == "image"
        looks = [records[k].look for k in events.items[events.users == person.number]]
        assert np.isin(looks, person.favourites).mean() < 0.7


def test_nobody_views_a_record_twice(world: World) -> None:
    _, _, events = world
    viewed = events.kinds == 0
    pairs = np.stack([events.users[viewed], events.items[viewed]])
    assert np.unique(pairs, axis=1).shape == pairs.shape


def test_listeners_of_a_small_shop_are_those_of_a_large_one(truth: dict[str, Any]) -> None:
    assert listeners(20, 3) == listeners(60, 3)[:20]
    first = listeners(1, 3)[0]
    assert truth["listeners"][first.id]["favourites"] == list(first.favourites)

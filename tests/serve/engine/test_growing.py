"""Items that come after the fit: they score as `with_items` has it, and places are held open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serve.engine.conftest import KINDS, feature, for_user, ids, now_of

from prismrec.rankers import Query
from prismrec.serve import live as live_module
from prismrec.serve.held import hold
from prismrec.serve.now import Now
from prismrec.serve.recommending import recommend, whom_of
from prismrec.serve.values import Ask, Event, Item, Person

GROUP = 0  # whose items new ones are like


def grow(now: Now, items: dict[str, dict[str, np.ndarray]]) -> Now:
    """A server's memory after items were posted with vectors."""
    rows = np.array([now.catalogue.put(Item(name, name.title())) for name in items])
    features = {
        name: feature(*(vectors.get(name) for vectors in items.values()))
        for name in ("image", "text")
    }
    now.live.vectors.put(rows, features)
    return Now(now.live.grown(rows, features), now.catalogue, now.people)


def like(now: Now, row: int) -> dict[str, np.ndarray]:
    """Vectors of a known item."""
    return {name: space.values[row] for name, space in now.live.vectors.spaces.items()}


def test_grown_scores_are_those_of_with_items(now):
    new = {"new1": like(now, 0), "new2": {"text": like(now, 1)["text"]}, "new3": {}}
    features = {
        name: feature(*(vectors.get(name) for vectors in new.values()))
        for name in ("image", "text")
    }
    known = {name: features[name] for name in now.live.reads()}
    ranker = now.live.ranker.with_items(known, ids=list(new))
    grown = grow(now, new)
    whom = whom_of(grown, Person("u3"))
    expected = ranker.score(Query(whom.query.users, whom.query.history, None, whom.query.time))
    got = grown.live.ranker.score(whom.query)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    assert grown.live.rows(np.array([40, 41, 42])).tolist() == [40, 41, 42]
    assert now.live.ranker.n_items == 40  # the old one serves on as it was


def test_a_new_item_can_be_recommended_and_used(now, kind):
    grown = grow(now, {"new": like(now, 0)})
    found = ids(recommend(grown, Ask((Person(None, ("i4", "i8")),), k=60)))
    assert len(found) == 39
    assert "new" in found
    if kind in ("prism", "content-knn", "content-towers"):
        assert found.index("new") < 20
    grown.people.take(Event("u3", "new", "like", 10))
    assert "new" not in ids(recommend(grown, for_user("u3", k=60)))


def test_items_that_come_one_by_one_or_together_are_alike(data, tmp_path):
    one = now_of("prism", data, tmp_path)
    new = {"a": like(one, 0), "b": like(one, 1)}
    apart = grow(grow(one, {"a": new["a"]}), {"b": new["b"]})
    together = grow(now_of("prism", data, tmp_path), new)
    for now in (apart, together):
        assert now.live.catalogue_of.tolist() == list(range(42))
    asked = Ask((Person(None, ("i4", "i8")),), k=60)
    scores = [
        {each.item: each.score for each in recommend(now, asked).items} for now in (apart, together)
    ]
    assert scores[0].keys() == scores[1].keys()
    assert scores[0]["a"] == pytest.approx(scores[1]["a"], rel=1e-4)


def test_vectors_that_come_before_the_model_are_grown_with_it(data, tmp_path):
    from tests.serve.engine.conftest import fitted_of

    from prismrec.serve.live import Live

    now = now_of("prism", data, tmp_path)
    grown = grow(now, {"new": like(now, 0)})
    live = Live.of(fitted_of("prism", data), "v2", now.catalogue, vectors=now.live.vectors)
    np.testing.assert_array_equal(live.row_of, grown.live.row_of)
    whom = whom_of(grown, Person("u3"))
    np.testing.assert_array_equal(
        live.ranker.score(whom.query), grown.live.ranker.score(whom.query)
    )


def test_changed_media_change_the_looks_and_keep_what_people_did(now, kind):
    asked = Ask((Person(None, ("i4", "i8")),), k=60)
    before = {each.item: each.score for each in recommend(now, asked).items}
    grown = grow(now, {"i12": like(now, 1)})  # of another group from now on
    after = {each.item: each.score for each in recommend(grown, asked).items}
    assert before.keys() == after.keys()
    if kind in ("prism", "content-knn"):
        assert after["i12"] < before["i12"] - 1e-3
    elif kind != "content-towers":  # which the network places by their media alone
        assert after["i12"] == before["i12"]
    if kind == "prism":
        ranker, row = grown.live.ranker, grown.live.row_of[12]
        assert row == 40
        assert ranker.prior[row] == now.live.ranker.prior[12]
        assert ranker.support[row] == now.live.ranker.support[12]
        parts = zip(now.live.ranker.parts, ranker.parts, strict=True)
        past = np.array([4, 8, 20])
        for old, new in parts:
            if old.modality == "behaviour":
                np.testing.assert_allclose(new.between(past, row), old.between(past, 12), rtol=1e-5)
        assert grown.live.late.tolist() == []  # no place is held open for it
        again = grow(grown, {"i12": like(now, 0)})
        back = {each.item: each.score for each in recommend(again, asked).items}
        assert back["i12"] > after["i12"]


def test_a_past_item_whose_media_changed_still_speaks(prism):
    asked = Ask((Person(None, ("i12",)),), k=60)
    grown = grow(prism, {"i12": like(prism, 1)})
    found = recommend(grown, asked)
    assert "i12" not in ids(found)
    assert sum(int(name[1:]) % 4 == 1 for name in ids(found)[:4]) >= 2


def test_places_are_held_open_for_new_items(make_dataset, tmp_path):
    first = now_of("prism", make_dataset(120, 160, events=30), tmp_path)
    grown = grow(first, {f"new{at}": like(first, 4 * at) for at in range(3)})
    prior = grown.live.ranker.prior - 10 * (np.arange(163) >= 160)  # others are far better liked
    ranker = replace(grown.live.ranker, prior=prior.astype(np.float32))
    grown = replace(grown, live=replace(grown.live, ranker=ranker))
    for user in range(0, 120, 4):  # whose taste is the group of the new items
        plain = recommend(grown, for_user(f"u{user}", k=40, fresh=0.0))
        assert not any(name.startswith("new") for name in ids(plain))
        assert not any(each.fresh for each in plain.items)
        found = recommend(grown, for_user(f"u{user}", k=40))
        fresh = [place for place, each in enumerate(found.items, 1) if each.fresh]
        assert fresh == [10, 20, 30]
        assert {found.items[place - 1].item for place in fresh} == {"new0", "new1", "new2"}
        rest = [each.item for each in found.items if not each.fresh]
        assert rest == ids(plain)[:37]
        assert ids(recommend(grown, for_user(f"u{user}", k=10))) == ids(found)[:10]
        fifth = recommend(grown, for_user(f"u{user}", k=10, fresh=0.2))
        assert [place for place, each in enumerate(fifth.items, 1) if each.fresh] == [5, 10]
        assert fifth.items[9].score < fifth.items[8].score


def test_nobody_else_sees_a_new_item(prism):
    grown = grow(prism, {"new": like(prism, 0)})
    shown = {
        group: np.mean(
            [
                "new" in ids(recommend(grown, for_user(f"u{user}", k=10)))
                for user in range(group, 60, 4)
            ]
        )
        for group in range(4)
    }
    assert shown[0] > max(shown[1], shown[2], shown[3])


@given(
    good=st.lists(st.integers(100, 120), max_size=6, unique=True),
    n=st.integers(0, 45),
    mixed=st.sets(st.integers(0, 44), max_size=3),
)
def test_holding_keeps_the_order_and_a_prefix_is_a_shorter_list(good, n, mixed):
    placed = [(row, place) for place, row in enumerate(good, 1)]
    plain = list(range(45))
    for place, row in zip(sorted(mixed), good, strict=False):
        plain[place] = row
    found = hold(plain[:n], placed, 0.1)
    assert len(found) == len(set(found)) == n
    old = [row for row in found if row < 100]
    assert old == sorted(old)
    assert found == hold(plain, placed, 0.1)[:n]
    if not mixed:
        assert [at for at, row in enumerate(found, 1) if row >= 100] == list(
            range(10, n + 1, 10)[: len(good)]
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_list_gives_what_the_whole_ranking_does(kind, data, tmp_path, monkeypatch):
    plain = now_of(kind, data, tmp_path)
    monkeypatch.setattr(live_module, "SMALL", 10)
    short = now_of(kind, data, tmp_path)
    assert (short.live.shortlist is None) == (kind == "content-knn")
    plain, short = (grow(now, {"new": like(now, 0), "bare": {}}) for now in (plain, short))
    for now in (plain, short):
        now.people.take(Event("u3", "i9", "like", 1_800_000_000))
        now.catalogue.remove("i17")
    several = (Person("u3"), Person("u4"))
    for asked in (
        for_user("u3", k=7),
        for_user("u3", k=60),
        for_user("u3", k=7, weights={"popularity": 0.3}),
        for_user("nobody", k=5),
        for_user("u3", k=7, diversity=0.4),
        Ask((Person(None, ("i4", "new")),), k=7),
    ):
        one, other = recommend(plain, asked), recommend(short, asked)
        assert ids(one) == ids(other)
        assert one.by == other.by
        for a, b in zip(one.items, other.items, strict=True):
            assert a.score == pytest.approx(b.score, rel=1e-4, abs=1e-5)
            assert a.shares == pytest.approx(b.shares, rel=1e-3, abs=1e-4)
    one, other = (set(ids(recommend(now, Ask(several, k=60)))) for now in (plain, short))
    assert one == other
    assert Path(tmp_path).is_dir()


def test_a_large_mixture_is_not_rewritten_for_an_item_that_the_fit_knew(prism, monkeypatch):
    from prismrec.serve import inheriting

    monkeypatch.setattr(inheriting, "LARGE", 10)
    grown = grow(prism, {"i12": like(prism, 1)})
    assert grown.live is prism.live
    again = grow(grow(prism, {"new": like(prism, 1)}), {"new": like(prism, 0)})
    assert again.live.row_of[40] == 41  # one that came later is placed anew
    assert again.live.late.tolist() == [40]

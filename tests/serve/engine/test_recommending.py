"""Lists: the very next answer, filters, pages, fallbacks, models that are put in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.serve.engine.conftest import SUMS, fitted_of, for_user, ids, now_of, shop_of

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData, UnknownName
from prismrec.rankers import Query, top_k
from prismrec.serve.catalogue import Catalogue
from prismrec.serve.live import Live
from prismrec.serve.now import Now
from prismrec.serve.people import People
from prismrec.serve.recommending import recommend
from prismrec.serve.values import Ask, Event, Item, Person, Where
from prismrec.serve.vectors_held import Vectors

LATER = 1_800_000_000


def test_a_known_user_gets_what_the_ranker_ranks_first(now, data):
    best = top_k(now.live.ranker, Query.of(data), 10)
    for row in range(0, data.n_users, 7):
        found = recommend(now, for_user(f"u{row}", k=10))
        assert ids(found) == [data.item_ids[item] for item in best.items[row]]
        np.testing.assert_allclose(
            [each.score for each in found.items], best.scores[row], rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("event", ["view", "like", "buy"])
def test_the_very_next_answer_knows_of_an_event(now, kind, event):
    before = recommend(now, for_user("u3", k=40))
    used = ids(before)[4]
    now.people.take(Event("u3", used, event, LATER))
    after = recommend(now, for_user("u3", k=40))
    assert used not in ids(after)
    scores = {each.item: each.score for each in before.items}
    moved = [each for each in after.items if abs(each.score - scores[each.item]) > 1e-6]
    assert bool(moved) == (kind not in ("popularity", "random"))


def test_the_very_next_answer_hides_what_is_disliked_until_it_is_liked(now):
    disliked = ids(recommend(now, for_user("u3")))[0]
    now.people.take(Event("u3", disliked, "dislike", LATER))
    asked = for_user("u3", k=40, repeat=True)
    assert disliked not in ids(recommend(now, asked))
    now.people.take(Event("u3", disliked, "view", LATER + 1))
    assert disliked not in ids(recommend(now, asked))
    now.people.take(Event("u3", disliked, "like", LATER + 2))
    assert disliked in ids(recommend(now, asked))


def test_a_dislike_takes_an_item_out_of_the_history(prism):
    past = prism.people.history("u3")
    name = prism.catalogue.ids[past.rows[0]]
    prism.people.take(Event("u3", name, "dislike", LATER))
    after = prism.people.history("u3")
    assert past.rows[0] not in after.rows
    assert len(after) == (past.rows != past.rows[0]).sum()
    assert after.hidden.tolist() == [past.rows[0]]


def test_a_skip_changes_nothing(now):
    before = recommend(now, for_user("u3"))
    now.people.take(Event("u3", ids(before)[0], "skip", LATER))
    assert recommend(now, for_user("u3")) == before


def test_somebody_new_is_served_by_what_they_do(now, kind):
    before = recommend(now, for_user("new", k=40))
    now.people.take(Event("new", "i0", "like", LATER))
    now.people.take(Event("new", "i4", "like", LATER))
    after = recommend(now, for_user("new", k=40))
    assert {"i0", "i4"}.isdisjoint(ids(after))
    assert after.by == "model"
    if kind in SUMS:  # items of the same group, which the log and the media relate
        assert sum(int(name[1:]) % 4 == 0 for name in ids(after)[:6]) >= 5
        assert ids(after)[:6] != ids(before)[:6]


def test_a_history_is_as_good_as_events(now):
    asked = Ask((Person(None, ("i0", "i4")),))
    now.people.take(Event("new", "i0", "view", LATER))
    now.people.take(Event("new", "i4", "view", LATER))
    assert ids(recommend(now, asked)) == ids(recommend(now, for_user("new")))


def test_a_history_is_added_to_the_log(now, kind):
    one = recommend(now, Ask((Person("u3", ("i0",)),), k=40))
    now.people.take(Event("u3", "i0", "view", LATER))
    two = recommend(now, for_user("u3", k=40))
    assert set(ids(one)) == set(ids(two))
    if kind != "prism":  # which lets older uses fade by their times
        assert ids(one) == ids(two)


def test_where_a_model_has_no_opinion_at_all_popularity_decides(data, tmp_path):
    now = now_of("towers", data, tmp_path)
    found = recommend(now, for_user("new", k=3))
    counts = np.bincount(data.interactions.items, minlength=data.n_items)
    best = np.argsort(-counts, kind="stable")[:3]
    assert (found.by, ids(found)) == ("popularity", [f"i{row}" for row in best])
    for user in range(200):
        now.people.take(Event(f"crowd{user}", "i7", "buy", LATER))
    assert ids(recommend(now, for_user("new", k=1))) == ["i7"]


def test_vectors_that_the_fit_fixed_are_moved_by_as_much_as_is_new(data, tmp_path):
    now = now_of("towers", data, tmp_path)
    ranker = now.live.ranker
    now.people.take(Event("u3", "i9", "like", LATER))
    whom = now.live.whom("u3", now.people.history("u3"))
    trained, new = ranker.users[3], ranker.items[9]
    n = (data.interactions.users == 3).sum()
    new = new * np.linalg.norm(trained) / np.linalg.norm(new)
    expected = (n * trained + new) / (n + 1)
    np.testing.assert_allclose(whom.ranker.vectors(whom.query)[0], expected, rtol=1e-5)


def test_what_the_fit_knew_of_is_not_counted_twice(data, tmp_path):
    now = now_of("towers", data, tmp_path)
    whom = now.live.whom("u3", now.people.history("u3"))
    assert whom.ranker is now.live.ranker
    log = data.interactions
    more = Interactions(
        np.append(log.users, 3),
        np.append(log.items, 9),
        np.append(log.weight, np.float32(3)),
        np.append(log.time, LATER),
    )
    now.people.take(Event("u3", "i9", "like", LATER))
    again = fitted_of("towers", replace(data, interactions=more))
    live = Live.of(again, "v2", now.catalogue, vectors=now.live.vectors)
    assert live.whom("u3", now.people.history("u3")).ranker is live.ranker


def test_a_model_whose_rows_are_in_another_order_gives_the_same_answers(now, data, tmp_path):
    rng = np.random.default_rng(1)
    users, items = rng.permutation(data.n_users), rng.permutation(data.n_items)
    log = data.interactions
    moved = Dataset(
        replace(log, users=np.argsort(users)[log.users], items=np.argsort(items)[log.items]),
        Vocabulary(tuple(f"u{row}" for row in users)),
        Vocabulary(tuple(f"i{row}" for row in items)),
    )
    shop = shop_of(moved, tmp_path)
    catalogue = Catalogue.of(shop)
    vectors = Vectors({name: feature.take(items) for name, feature in data.items.items()})
    fitted = replace(fitted_of("random", data), ranker=now.live.ranker)
    other = Now(
        Live.of(fitted, "v2", catalogue, vectors=vectors), catalogue, People.of(shop, catalogue)
    )
    for each in (now, other):
        each.people.take(Event("u3", "i9", "like", LATER))
    weights = {"popularity": 0.5}
    for asked in (for_user("u3", k=40), for_user("u3", k=40, weights=weights)):
        old, new = recommend(now, asked), recommend(other, asked)
        assert (old.version, new.version) == ("v1", "v2")
        scores = {each.item: each.score for each in old.items}
        assert set(ids(new)) == set(scores)
        for each in new.items:
            assert each.score == pytest.approx(scores[each.item], rel=1e-4, abs=1e-4)


def test_pages_are_pieces_of_one_list(now):
    whole = recommend(now, for_user("u3", k=24))
    pages = [recommend(now, for_user("u3", k=8, offset=at)) for at in (0, 8, 16)]
    assert [name for page in pages for name in ids(page)] == ids(whole)
    assert ids(recommend(now, for_user("u3", k=8, offset=100))) == []


def test_removed_items_are_returned_no_more_and_stay_in_histories(now):
    first = ids(recommend(now, for_user("u3")))[0]
    past = now.people.history("u3").rows
    now.catalogue.remove(first)
    now.catalogue.remove(now.catalogue.ids[past[0]])
    assert first not in ids(recommend(now, for_user("u3", k=40, repeat=True)))
    np.testing.assert_array_equal(now.people.history("u3").rows, past)
    with pytest.raises(UnknownName, match="no item is called"):
        now.catalogue.row(first)


def test_repeat_lets_used_items_in(now):
    used = {now.catalogue.ids[row] for row in now.people.history("u3").rows}
    assert used.isdisjoint(ids(recommend(now, for_user("u3", k=40))))
    assert used <= set(ids(recommend(now, for_user("u3", k=40, repeat=True))))


def test_items_without_opinion_come_last_with_a_finite_score(data, tmp_path):
    now = now_of("towers", data, tmp_path)
    now.catalogue.put(Item("late", "Late"))
    found = recommend(now, for_user("u3", k=60))
    assert found.items[-1].item == "late"
    assert np.isfinite([each.score for each in found.items]).all()


def test_what_cannot_be_asked_is_refused(prism):
    for asked in (
        Ask(()),
        for_user("u3", k=0),
        for_user("u3", offset=-1),
        for_user("u3", diversity=1.5),
        for_user("u3", fresh=-0.1),
        for_user("u3", weights={"smell": 2.0}),
        for_user("u3", weights={"image": -1.0}),
        for_user("u3", weights={"image": float("nan")}),
        for_user("u3", where=Where({"colour": ("red",)})),
    ):
        with pytest.raises(BadData):
            recommend(prism, asked)
    with pytest.raises(UnknownName, match="ghost"):
        recommend(prism, Ask((Person(None, ("ghost",)),)))
    with pytest.raises(UnknownName, match="ghost"):
        prism.people.take(Event("u3", "ghost", "view", LATER))
    with pytest.raises(UnknownName, match="sneeze"):
        prism.people.take(Event("u3", "i1", "sneeze", LATER))


def test_a_weight_that_is_told_counts_instead_of_that_of_the_event(prism):
    prism.people.take(Event("new", "i1", "view", LATER, weight=2.5))
    prism.people.take(Event("new", "i2", "buy", LATER + 1))
    assert prism.people.history("new").weight.tolist() == [2.5, 5.0]


def test_events_are_in_order_of_time_whenever_they_come(prism):
    prism.people.take(Event("new", "i2", "view", 20))
    prism.people.take(Event("new", "i1", "view", 10))
    past = prism.people.history("new")
    assert [prism.catalogue.ids[row] for row in past.rows] == ["i1", "i2"]
    assert past.time.tolist() == [10, 20]
    assert past.live == 2


def test_everybody_is_listed_with_their_events(prism, data):
    prism.people.take(Event("new", "i2", "view", 20))
    prism.people.take(Event("u0", "i2", "view", 20))
    users = dict(prism.people.users())
    counts = np.bincount(data.interactions.users)
    assert users == {f"u{row}": counts[row] + (row == 0) for row in range(60)} | {"new": 1}


def test_a_log_without_times_is_served(data, tmp_path):
    timeless = replace(data, interactions=replace(data.interactions, time=None))
    now = now_of("prism", timeless, tmp_path)
    now.people.take(Event("u3", "i9", "like", LATER))
    assert now.people.history("u3").time is None
    assert now.people.history("u3").rows[-1] == 9
    assert "i9" not in ids(recommend(now, for_user("u3", k=40)))


def test_items_that_only_the_model_knows_are_recommended(data, tmp_path):
    fitted = fitted_of("prism", data)
    few = Dataset(
        Interactions.of(np.array([0]), np.array([0])), data.user_ids, Vocabulary(("i0",)), {}
    )
    shop = shop_of(few, tmp_path)
    catalogue = Catalogue.of(shop)
    now = Now(
        Live.of(fitted, "v1", catalogue, vectors=Vectors()), catalogue, People.of(shop, catalogue)
    )
    assert len(catalogue) == 40
    assert len(ids(recommend(now, for_user("u0", k=40)))) == 39


@settings(max_examples=60, deadline=None)
@given(
    picked=st.sets(st.sampled_from(range(40)), max_size=6),
    only=st.sets(st.sampled_from(range(40)), max_size=20),
    removed=st.sets(st.sampled_from(range(40)), max_size=4),
    k=st.integers(1, 45),
    repeat=st.booleans(),
)
def test_filters_do_what_a_slow_reference_does(picked, only, removed, k, repeat):
    now, order = _steady()
    for row in removed:
        now.catalogue.remove(f"i{row}")
    where = Where(exclude=tuple(f"i{row}" for row in picked), only=tuple(f"i{row}" for row in only))
    found = recommend(now, for_user("u3", k=k, where=where, repeat=repeat))
    used = set(now.people.history("u3").rows.tolist())
    expected = [
        row
        for row in order
        if row not in picked | removed and (not only or row in only) and (repeat or row not in used)
    ]
    assert ids(found) == [f"i{row}" for row in expected[:k]]


def _steady() -> tuple[Now, list[int]]:
    """A server's memory with towers, and its whole ranking for u3."""
    rng = np.random.default_rng(0)
    log = Interactions.of(rng.integers(0, 60, 200), rng.integers(0, 40, 200))
    names = [
        Vocabulary(tuple(f"{side}{row}" for row in range(n))) for side, n in (("u", 60), ("i", 40))
    ]
    from pathlib import Path

    now = now_of("towers", Dataset(log, *names), Path("nowhere"))
    ranker = now.live.ranker
    return now, np.argsort(-(ranker.users[3] @ ranker.items.T), kind="stable").tolist()


def test_events_that_say_nothing_are_passed_over(prism):
    for weight in (0.0, -1.0, float("nan"), float("inf")):
        prism.people.take(Event("new", "i1", "like", LATER, weight=weight))
    assert len(prism.people.history("new")) == 0
    prism.people.take(Event("new", "i1", "like", 10**30))
    assert prism.people.history("new").time.tolist() == [1 << 53]

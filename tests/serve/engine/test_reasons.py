"""What is said of each item of a list, similar items, whole stories."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.serve.engine.conftest import SUMS, feature, for_user, ids, now_of

from prismrec.data.jagged import Jagged
from prismrec.errors import BadData, UnknownName
from prismrec.explain.shares import explain_items
from prismrec.rankers import Query
from prismrec.serve import comparing
from prismrec.serve.adding import made_of
from prismrec.serve.now import Now
from prismrec.serve.recommending import recommend, whom_of
from prismrec.serve.similar import similar
from prismrec.serve.telling import Teller, tell
from prismrec.serve.values import Ask, Event, Item, Person, Where


def test_parts_are_those_of_an_exact_explanation(now, kind):
    if kind not in (*SUMS, "popularity", "random"):
        assert made_of(now.live, whom_of(now, Person("u3")), np.array([1])) is None
        return
    whom = whom_of(now, Person("u3"))
    places = np.array([5, 9, 9, 0])
    made = made_of(now.live, whom, places)
    ranker = now.live.ranker
    for at, told in enumerate(explain_items(ranker, whom.query, places.tolist())):
        by_modality = dict(
            zip(made.names, made.values[:, :, at].sum(axis=1) + made.apart[:, at], strict=True)
        )
        for name, amount in told.by_modality.items():
            assert by_modality[name] == pytest.approx(amount, rel=1e-3, abs=1e-5)
        for past, name, amount in told.by_item:
            cell = made.values[made.names.index(name), made.past.tolist().index(past), at]
            assert cell == pytest.approx(amount, rel=1e-3, abs=1e-5)


def test_shares_sum_to_one_and_past_items_are_of_the_history(now, kind):
    found = recommend(now, for_user("u3"))
    past = {now.catalogue.ids[row] for row in now.people.history("u3").rows}
    for each in found.items:
        if each.shares:
            assert sum(each.shares.values()) == pytest.approx(1, abs=1e-5)
            assert set(each.shares) <= {"image", "text", "behaviour", "popularity"}
        shares = [one.share for one in each.because]
        assert shares == sorted(shares, reverse=True)
        assert len(shares) <= 3
        assert {one.item for one in each.because} <= past
        assert all(0 < one.share <= 1 for one in each.because)
    named = [one for each in found.items for one in each.because]
    assert bool(named) == (kind not in ("popularity", "random"))


def test_a_weight_of_nothing_leaves_no_share(prism):
    found = recommend(prism, for_user("u3", weights={"text": 0.0}))
    assert all("text" not in each.shares for each in found.items)
    assert all(one.modality != "text" for each in found.items for one in each.because)


def test_what_is_not_known_is_not_told(data, tmp_path):
    now = now_of("towers", data, tmp_path)
    now.live.vectors.spaces = {}
    assert all(
        not each.shares and not each.because for each in recommend(now, for_user("u3")).items
    )


def test_a_group_hears_of_the_past_of_all(prism):
    people = (Person(None, ("i0", "i4")), Person(None, ("i1", "i5")))
    found = recommend(prism, Ask(people, k=10))
    named = {one.item for each in found.items for one in each.because}
    assert named & {"i0", "i4"}
    assert named & {"i1", "i5"}
    assert all(sum(each.shares.values()) == pytest.approx(1, abs=1e-5) for each in found.items)


def test_similar_as_a_whole_is_what_the_ranker_says(now, kind):
    if kind in ("popularity", "random"):  # nothing but the media relates items
        found = similar(now, "i8", k=5)
        assert sum(int(name[1:]) % 4 == 0 for name in ids(found)) >= 4
        return
    found = similar(now, "i8", k=39)
    assert "i8" not in ids(found)
    ranker = now.live.ranker
    if kind in SUMS:
        query = Query.strangers(Jagged.from_rows([[8]]))
        total = sum(adds[0] for _, adds in ranker.contributions(query))
        expected = [row for row in np.argsort(-total, kind="stable") if row != 8 and total[row]]
    else:
        items = getattr(ranker.items, "floats", lambda: ranker.items)()
        units = items / np.linalg.norm(items, axis=1, keepdims=True).clip(1e-12)
        total = units @ units[8]
        expected = [
            row for row in np.argsort(-total, kind="stable") if row != 8 and units[row].any()
        ]
    assert ids(found)[:5] == [f"i{row}" for row in expected[:5]]
    assert len(found.items) == len(expected)
    scores = [each.score for each in found.items]
    assert scores == sorted(scores, reverse=True)


def test_similar_in_one_modality_is_the_cosine_around_the_mean(now, data):
    image = data.items["image"]
    centred = image.values[image.present] - image.values[image.present].mean(axis=0)
    units = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    rows = np.flatnonzero(image.present)
    cosines = dict(zip(rows.tolist(), units @ units[rows.tolist().index(8)], strict=True))
    found = similar(now, "i8", modality="image", k=39)
    assert len(found.items) == len(rows) - 1
    for each in found.items:
        assert each.score == pytest.approx(float(cosines[int(each.item[1:])]), abs=1e-5)
        assert each.shares in ({"image": 1.0}, {})


def test_similar_items_can_be_filtered_and_removed_ones_are_not_among_them(now):
    first = ids(similar(now, "i8", modality="text", k=3))
    now.catalogue.remove(first[0])
    found = similar(now, "i8", modality="text", k=2, where=Where(exclude=(first[1],)))
    assert ids(found)[0] == first[2]
    assert ids(similar(now, "i8", where=Where(only=("i8",)))) == []


def test_items_that_nothing_can_be_compared_with(prism):
    with pytest.raises(BadData, match="has no image"):
        similar(prism, "i9", modality="image")
    with pytest.raises(BadData, match="'smell'"):
        similar(prism, "i9", modality="smell")
    with pytest.raises(UnknownName):
        similar(prism, "ghost")
    prism.catalogue.put(Item("bare", "Bare"))
    with pytest.raises(BadData, match="nothing is known"):
        similar(prism, "bare")


def test_similar_to_an_item_that_was_posted(prism):
    row = prism.catalogue.put(Item("new", "New"))
    vectors = {"text": feature(prism.live.vectors.spaces["text"].values[8])}
    prism.live.vectors.put(np.array([row]), vectors)
    live = prism.live.grown(np.array([row]), vectors)
    now = Now(live, prism.catalogue, prism.people)
    assert ids(similar(now, "new", modality="text", k=1)) == ["i8"]
    assert sum(int(name[1:]) % 4 == 0 for name in ids(similar(now, "new", k=5))) >= 4


def test_a_story_is_of_the_item_and_can_be_sent(now, kind):
    first, second = ids(recommend(now, for_user("u3")))[:2]
    told = tell(now, Person("u3"), first, against=second)
    assert json.loads(json.dumps(told, allow_nan=False))["item"] == first
    assert (told["item"], told["person"], told["version"]) == (first, "u3", "v1")
    if kind in SUMS:
        assert told["place"] == 1
        assert told["score"] == pytest.approx(
            recommend(now, for_user("u3")).items[0].score, rel=1e-4
        )
    assert told["of"] == 40 - len(set(now.people.history("u3").rows.tolist()))
    assert told["against"]["item"] == second
    past = {now.catalogue.ids[row] for row in now.people.history("u3").rows}
    assert {each["item"] for each in told["past"]} <= past
    if kind not in ("popularity", "random"):
        assert told["past"]


def test_a_story_has_names_of_the_catalogue_where_rows_differ(prism):
    row = prism.catalogue.put(Item("new", "New one", "sound of i8"))
    filler = prism.catalogue.put(Item("other", "Other"))
    text = prism.live.vectors.spaces["text"].values
    vectors = {"text": feature(text[4], text[8])}
    rows = np.array([filler, row])
    prism.live.vectors.put(rows, vectors)
    now = Now(prism.live.grown(rows, vectors), prism.catalogue, prism.people)
    now.people.take(Event("new", "i0", "like", 10))
    now.people.take(Event("new", "new", "like", 20))
    told = tell(now, Person("new"), "i4")
    assert {each["item"] for each in told["past"]} == {"i0", "new"}
    assert tell(now, Person("new"), "other")["title"] == "Other"


def test_comparisons_follow_the_catalogue(prism):
    teller = Teller()
    first = ids(recommend(prism, for_user("u3")))[0]
    before = teller(prism, Person("u3"), first)
    assert teller(prism, Person("u3"), first) == before
    assert any(each["alike"] for each in before["past"])
    prism.catalogue.put(Item(first, "Another title"))
    assert teller(prism, Person("u3"), first)["title"] == "Another title"


def test_what_cannot_be_told(prism):
    prism.catalogue.put(Item("bare", "Bare"))
    with pytest.raises(BadData, match="no opinion on this item"):
        tell(prism, Person("u3"), "bare")
    with pytest.raises(UnknownName):
        tell(prism, Person("u3"), "ghost")
    prism.catalogue.remove("i3")
    with pytest.raises(UnknownName):
        tell(prism, Person("u3"), "i4", against="i3")


def test_items_of_a_large_catalogue_are_compared_alike(prism, monkeypatch):
    small = tell(prism, Person("u3"), "i4", against="i5")
    monkeypatch.setattr(comparing, "SMALL", 10)
    large = Teller()(prism, Person("u3"), "i4", against="i5")
    assert [each["item"] for each in large["past"]] == [each["item"] for each in small["past"]]
    for one, other in zip(large["past"], small["past"], strict=True):
        for a, b in zip(one["alike"], other["alike"], strict=True):
            assert a["modality"] == b["modality"]
            assert a["missing"] == b["missing"]
            assert a["place"] == b["place"]
            assert a["of"] == b["of"]
            assert a["cosine"] == pytest.approx(b["cosine"], abs=1e-5)

"""Weights of modalities, groups, diversity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.serve.engine.conftest import SUMS, VECTORS, for_user, ids, now_of

from prismrec.errors import BadData
from prismrec.serve.diversity import alike, spread_out
from prismrec.serve.groups import together
from prismrec.serve.recommending import recommend, whom_of
from prismrec.serve.steering import modalities, rest_of, steered
from prismrec.serve.values import Ask, Person

PEOPLE = (Person("u3"), Person("u4"), Person(None, ("i1", "i2")))


def test_what_can_be_weighed_is_listed(now, kind):
    known = modalities(now.live)
    assert "popularity" in known
    expected = {
        "prism": {"behaviour", "image", "text", "popularity"},
        "item-knn": {"behaviour", "popularity"},
        "popularity": {"popularity"},
        "random": {"popularity"},
    }.get(kind, {"image", "text", "popularity"})
    assert set(known) == expected
    with pytest.raises(BadData, match=", ".join(known)):
        recommend(now, for_user("u3", weights={"smell": 2.0}))


def test_weight_one_is_no_steering(now):
    weights = dict.fromkeys(modalities(now.live), 1.0)
    plain = recommend(now, for_user("u3", k=40))
    assert recommend(now, for_user("u3", k=40, weights=weights)) == plain


@pytest.mark.parametrize("weight", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("kind", [*SUMS, "popularity", "random"])
def test_a_weight_multiplies_the_part_of_a_sum(now, weight):
    whom = whom_of(now, Person("u3"))
    ranker = now.live.ranker
    known = np.isfinite(ranker.score(whom.query)[0])
    for name in modalities(now.live):
        expected = np.zeros(ranker.n_items)
        for source, adds in ranker.contributions(whom.query):
            expected += adds[0] * (weight if source.modality == name else 1)
        rest = rest_of(ranker)
        if rest is not None:
            expected += rest * (weight if name == "popularity" else 1)
        scores = steered(now.live, whom, {name: weight}, used=np.zeros(ranker.n_items))
        np.testing.assert_allclose(scores[known], expected[known], rtol=1e-4, atol=1e-5)
        assert np.isnan(scores[~known]).all()


@pytest.mark.parametrize("kind", VECTORS)
def test_a_weight_leans_on_likeness_where_the_score_is_no_sum(now):
    history = ("i0", "i4", "i8")
    asked = Ask((Person("u3", history),), k=12)
    plain = recommend(now, asked)
    much = recommend(now, replace(asked, weights={"text": 20.0}))

    past = now.people.history("u3").rows
    space = now.live.vectors.spaces["text"]
    rows = np.concatenate([past, [0, 4, 8]])
    mean = space.units(rows).mean(axis=0)
    like = dict(enumerate(space.cosines(mean)))
    total = [sum(like[int(name[1:])] for name in ids(answer)) for answer in (plain, much)]
    assert total[1] > total[0]


def test_popularity_can_be_steered_in_towers(data, tmp_path):
    now = now_of("towers", data, tmp_path)
    counts = np.bincount(data.interactions.items)
    lists = [
        recommend(now, for_user("u3", weights={"popularity": weight}))
        for weight in (0.0, 1.0, 30.0)
    ]
    means = [np.mean([counts[int(name[1:])] for name in ids(found)]) for found in lists]
    assert means[0] < means[2]
    assert means[1] < means[2]


def test_a_group_of_one_is_that_one(now):
    alone = recommend(now, for_user("u3"))
    for how in ("mean", "least-misery", "most-pleasure"):
        assert recommend(now, for_user("u3", together=how)) == alone


def test_a_group_gets_what_none_of_them_has_used(now):
    found = recommend(now, Ask(PEOPLE, k=40))
    used = {
        now.catalogue.ids[row] for user in ("u3", "u4") for row in now.people.history(user).rows
    }
    assert set(ids(found)).isdisjoint(used | {"i1", "i2"})
    assert len(ids(found)) == 40 - len(used | {"i1", "i2"})


@pytest.mark.parametrize("kind", [*SUMS, *VECTORS])
def test_least_misery_pleases_the_least_pleased(now):
    scores = np.stack([now.live.ranker.score(whom_of(now, who).query)[0] for who in PEOPLE[:2]])
    standard = (scores - np.nanmean(scores, axis=1, keepdims=True)) / np.nanstd(
        scores, axis=1, keepdims=True
    )
    worst = {}
    for how in ("mean", "least-misery", "most-pleasure"):
        rows = [int(name[1:]) for name in ids(recommend(now, Ask(PEOPLE[:2], together=how)))]
        worst[how] = np.nanmin(standard[:, rows], axis=0).mean()
    assert worst["least-misery"] >= worst["mean"] >= worst["most-pleasure"] - 1e-6


def test_groups_by_hand():
    scores = np.array([[1, 2, 3, np.nan], [30, 20, 10, np.nan], [np.nan] * 4], np.float32)
    z = 1.5**0.5
    np.testing.assert_allclose(together(scores, "mean")[:3], 0, atol=1e-6)
    np.testing.assert_allclose(together(scores, "least-misery")[:3], [-z, 0, -z], atol=1e-6)
    np.testing.assert_allclose(together(scores, "most-pleasure")[:3], [z, 0, z], atol=1e-6)
    for how in ("mean", "least-misery", "most-pleasure"):
        assert np.isnan(together(scores, how)[3])
        assert np.isnan(together(scores[2:], how)).all()


def test_no_diversity_is_the_plain_list_and_more_of_it_makes_items_less_alike(now):
    asked = [for_user(f"u{row}", k=8) for row in range(16)]
    plain = [recommend(now, each) for each in asked]
    assert [recommend(now, replace(each, diversity=0.0)) for each in asked] == plain

    def likeness(diversity: float) -> tuple[float, float]:
        """Mean over all pairs of a list, and to the nearest of the other items."""
        pairs, nearest = [], []
        for each in asked:
            found = ids(recommend(now, replace(each, diversity=diversity)))
            rows = np.array([now.catalogue.rows[name] for name in found])
            assert len(set(rows.tolist())) == 8
            matrix = alike(now.live, rows)
            pairs.append(matrix[np.triu_indices(8, 1)].mean())
            nearest.append((matrix - 2 * np.eye(8)).max(axis=1).mean())
        return float(np.mean(pairs)), float(np.mean(nearest))

    none, some, most = likeness(0.0), likeness(0.5), likeness(1.0)
    assert most[0] < none[0]
    assert most[1] < some[1] < none[1]
    first = recommend(now, replace(asked[3], diversity=0.9)).items[0]
    assert first.item == plain[3].items[0].item


def test_diverse_pages_follow_each_other(prism):
    whole = ids(recommend(prism, for_user("u3", k=12, diversity=0.6)))
    second = ids(recommend(prism, for_user("u3", k=6, offset=6, diversity=0.6)))
    assert second == whole[6:]


@given(
    scores=arrays(np.float32, 12, elements=st.floats(-5, 5, width=32)),
    seed=st.integers(0, 1000),
    diversity=st.floats(0, 1),
    n=st.integers(0, 14),
)
def test_marginal_relevance_is_that_of_a_slow_reference(scores, seed, diversity, n):
    scores = np.sort(scores)[::-1].copy()
    units = np.random.default_rng(seed).normal(size=(12, 4))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    likeness = (units @ units.T).astype(np.float32)
    spread = scores.max() - scores.min()
    relevance = (scores - scores.min()) / spread if spread else np.zeros(12)
    found = spread_out(scores, likeness, n, diversity=diversity).tolist()
    assert len(found) == len(set(found)) == min(n, 12)
    for step, chosen in enumerate(found):
        worth = {
            at: (1 - diversity) * relevance[at]
            - diversity * max((float(likeness[at, to]) for to in found[:step]), default=-1)
            for at in range(12)
            if at not in found[:step]
        }
        assert worth[chosen] >= max(worth.values()) - 1e-6


def test_likeness_is_over_what_both_have(data, tmp_path):
    now = now_of("prism", data, tmp_path)
    spaces = now.live.vectors.spaces
    lacks = int(np.flatnonzero(~spaces["image"].present)[0])
    pair = np.array([lacks, 0])
    text = spaces["text"].units(pair)
    assert alike(now.live, pair)[0, 1] == pytest.approx(float(text[0] @ text[1]), abs=1e-6)
    both = np.array([1, 2])
    expected = np.mean([space.units(both)[0] @ space.units(both)[1] for space in spaces.values()])
    assert alike(now.live, both)[0, 1] == pytest.approx(float(expected), abs=1e-6)


def test_a_long_list_is_spread_out_as_far_as_is_worth_it(prism, monkeypatch):
    from prismrec.serve import diversity

    monkeypatch.setattr(diversity, "LONGEST", 5)
    plain = ids(recommend(prism, for_user("u3", k=20)))
    found = ids(recommend(prism, for_user("u3", k=20, diversity=0.8)))
    assert len(set(found)) == 20
    assert found[:5] != plain[:5]
    rest = ids(recommend(prism, for_user("u3", k=40)))
    assert found[5:] == [name for name in rest if name not in found[:5]][:15]

"""Alignment: known-good lists above known-bad ones, bounds, and what a missing modality does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.split import split
from prismrec.errors import BadData
from prismrec.evaluation.clusters import clusters, spread
from prismrec.evaluation.interest import Alignment, alignment, divergence
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.result import Evaluation
from prismrec.types import Ints

K = 10


@pytest.fixture(scope="module")
def parts(make_dataset):
    return split(make_dataset(n_users=120, n_items=80, events=14), "random", test=0.3)


@pytest.fixture(scope="module")
def judged(parts) -> Evaluation:
    ranker = registry.build("models", "random").fit(parts.train)
    return evaluate(ranker, parts.test, seen=parts.train, k=K)


def given_lists(judged: Evaluation, items: Ints) -> Evaluation:
    return replace(judged, items=items)


def lists_by(score, judged: Evaluation, train: Dataset, k: int = K) -> Evaluation:
    """Each user's k best unseen items by a (n_users, n_items) score."""
    score = np.where(train.matrix().toarray() > 0, -np.inf, score)[judged.users]
    return given_lists(judged, np.argsort(-score, axis=1, kind="stable")[:, :k])


def likeness(parts, name: str):
    """(n_users, n_items) cosine of every item to the likes of every user, by a loop."""
    vectors = spread(parts.train.items[name])
    fresh = (parts.test.matrix().toarray() > 0) & ~(parts.train.matrix().toarray() > 0)
    profiles = np.array([vectors[row].sum(axis=0) for row in fresh])
    profiles /= np.maximum(np.linalg.norm(profiles, axis=1, keepdims=True), 1e-12)
    cosine = profiles @ vectors.T
    cosine[:, ~vectors.any(axis=1)] = -9
    return cosine


def match(evaluation: Evaluation, parts, name: str = "text", k: int | None = None):
    return alignment(evaluation, train=parts.train, test=parts.test, k=k).matches[name]


@pytest.mark.parametrize("name", ["image", "text"])
def test_known_good_lists_rank_above_known_bad_ones(parts, judged, name) -> None:
    cosine = likeness(parts, name)
    model = registry.build("models", f"content-knn:modality={name}").fit(parts.train)
    good = evaluate(model, parts.test, seen=parts.train, k=K)
    noise = np.random.default_rng(0).random(cosine.shape)
    found = [
        match(each, parts, name)
        for each in (
            lists_by(cosine, judged, parts.train),
            good,
            lists_by(noise, judged, parts.train),
            lists_by(np.where(cosine < -5, -9, -cosine), judged, parts.train),
        )
    ]
    near = [each.near for each in found]
    assert near[0].mean == pytest.approx(1, abs=1e-5)
    assert all(one.low > other.high for one, other in pairwise(near))
    mix = [each.mix for each in found]
    assert mix[0].low > mix[2].high
    assert mix[1].low > mix[2].high > mix[3].mean


def test_random_lists_score_zero(parts, judged) -> None:
    noise = np.random.default_rng(1)
    shape = parts.train.n_users, parts.train.n_items
    runs = [match(lists_by(noise.random(shape), judged, parts.train), parts) for _ in range(20)]
    assert np.mean([run.near.mean for run in runs]) == pytest.approx(0, abs=0.02)
    assert np.mean([run.mix.mean for run in runs]) == pytest.approx(0, abs=0.05)


def test_the_likes_themselves_have_their_own_mix(parts, judged) -> None:
    fresh = parts.test.matrix().toarray() * (parts.train.matrix().toarray() == 0)
    items = np.full((len(judged.users), int(fresh.sum(axis=1).max())), -1)
    for row, user in enumerate(judged.users):
        liked = np.flatnonzero(fresh[user])
        items[row, : len(liked)] = liked
    assert match(given_lists(judged, items), parts).mix.mean == pytest.approx(1)


def test_hits_swapped_for_random_items_lower_both_figures(parts, judged) -> None:
    fresh = parts.test.matrix().toarray() * (parts.train.matrix().toarray() == 0)
    noise = np.random.default_rng(2).random(fresh.shape)
    best = lists_by(fresh + noise / 2, judged, parts.train, 3).items
    poor = lists_by(noise - 2 * fresh, judged, parts.train, 3).items
    found = [
        match(given_lists(judged, np.hstack([best[:, : 3 - n], poor[:, :n]])), parts)
        for n in range(4)
    ]
    for figures in ([each.near.mean for each in found], [each.mix.mean for each in found]):
        assert all(one > other for one, other in pairwise(figures))


@pytest.mark.parametrize("gaps", [0, 0.2, 0.5, 0.9, 0.97])
def test_no_list_is_above_one(parts, judged, gaps) -> None:
    rng = np.random.default_rng(0)
    feature = parts.train.items["text"]
    thin = Feature.of(feature.values, rng.random(len(feature)) >= gaps)
    train = replace(parts.train, items={"text": thin})
    chosen = lists_by(rng.random((train.n_users, train.n_items)), judged, train)
    found = alignment(chosen, train=train, test=parts.test).matches.get("text")
    if found:
        assert np.nanmax(found.near_per_user) <= 1 + 1e-5
        assert np.nanmax(found.mix_per_user) <= 1 + 1e-12
        assert np.isnan(found.near_per_user).sum() == found.left_out
        assert found.cosine["best"] >= max(found.cosine["list"], found.cosine["random"]) - 1e-6


def test_near_equals_a_slow_count(parts, judged) -> None:
    cosine, past = likeness(parts, "image"), parts.train.matrix().toarray() > 0
    expected = np.full(len(judged.users), np.nan)
    for row, user in enumerate(judged.users):
        able = cosine[user] > -5
        listed = [item for item in judged.items[row] if item >= 0 and able[item]]
        open_to = np.sort(cosine[user][able & ~past[user]])[::-1]
        if listed and np.abs(open_to).max() > 1e-6:
            chance, best = open_to.mean(), open_to[: len(listed)].mean()
            expected[row] = (cosine[user][listed].mean() - chance) / (best - chance)
    found = match(judged, parts, "image")
    np.testing.assert_allclose(found.near_per_user, expected, atol=1e-4)
    assert found.near.mean == pytest.approx(np.nanmean(expected), abs=1e-4)


def test_users_without_the_modality_are_left_out_and_counted(parts, judged) -> None:
    whole = alignment(judged, train=parts.train, test=parts.test)
    assert whole.matches["text"].left_out == 0
    nothing = Feature.of(np.zeros((parts.train.n_items, 3), np.float32))
    train = replace(parts.train, items={**parts.train.items, "audio": nothing})
    assert "audio" not in alignment(judged, train=train, test=parts.test).matches
    assert alignment(judged, train=replace(train, items={}), test=parts.test).matches == {}


def test_blocks_do_not_matter(parts, judged, monkeypatch) -> None:
    whole = match(judged, parts)
    monkeypatch.setattr("prismrec.evaluation.interest.BLOCK", 700)
    pieces = match(judged, parts)
    np.testing.assert_allclose(whole.near_per_user, pieces.near_per_user, atol=1e-5)


def test_the_top_of_a_list_can_be_judged_alone(parts, judged) -> None:
    short = given_lists(judged, judged.items[:, :2])
    assert match(judged, parts, k=2).near == match(short, parts).near
    with pytest.raises(BadData, match=f"1 to {K}, not {K + 1}"):
        match(judged, parts, k=K + 1)


def test_only_candidates_count_as_chance_and_best(parts, judged) -> None:
    only = np.arange(0, parts.train.n_items, 2)
    ranker = registry.build("models", "random").fit(parts.train)
    half = evaluate(ranker, parts.test, seen=parts.train, k=K, only=only)
    found: Alignment = alignment(half, train=parts.train, test=parts.test, only=only)
    assert abs(found.matches["text"].near.mean) < 0.1
    assert found.to_json()["modalities"]["text"]["near"].keys() == {"mean", "low", "high"}


def test_divergence_is_symmetric_and_between_0_and_1() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random((50, 6)), rng.random((50, 6)) ** 4
    np.testing.assert_allclose(divergence(one, other), divergence(other, one))
    assert 0 < divergence(one, other).min() <= divergence(one, other).max() < 1


def test_clusters_find_groups_that_lie_apart() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(3), [40, 30, 20])
    values = np.eye(8)[group] * 4 + 0.3 * rng.normal(size=(90, 8))
    vectors = spread(Feature.of(values.astype(np.float32)))
    assert (clusters(vectors, 3, seed=5) == group).all()
    same = np.ones((9, 2), np.float32) / np.sqrt(2).astype(np.float32)
    assert set(clusters(same, 4)) == {0}

"""What a modality is worth, where it is known by construction."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.errors import UnknownName
from prismrec.evaluation.compare import compare
from prismrec.evaluation.comparison import comparison
from prismrec.evaluation.knockout import damages, knock_outs
from prismrec.evaluation.run import Damage

WAYS = ["missing", "noise", "shuffled"]


@pytest.fixture(scope="module")
def data(make_dataset):
    """Taste follows groups that the text tells; the image is chance."""
    made = make_dataset(n_users=80, n_items=60)
    noise = np.random.default_rng(5).normal(size=(60, 8)).astype(np.float32)
    return replace(made, items={**made.items, "image": Feature.of(noise)})


@pytest.fixture(scope="module")
def results(data):
    return compare(
        data,
        ["popularity", "content-knn"],
        split="random",
        k=(10,),
        seeds=2,
        knock_out=["missing", "shuffled"],
    )


def change(results, model, modality, way):
    (found,) = [
        each
        for each in knock_outs(results)
        if (each.model, each.modality, each.way, each.candidates)
        == (model, modality, way, "all_items")
    ]
    return found.change["ndcg@10"]


@pytest.mark.parametrize("way", ["missing", "shuffled"])
def test_what_carries_the_taste_is_missed_and_chance_is_not(results, way):
    assert change(results, "content-knn", "text", way).high < 0
    assert change(results, "content-knn", "image", way).high > 0


def test_a_model_that_reads_no_media_loses_nothing(results):
    for modality in ("image", "text"):
        assert change(results, "popularity", modality, "missing") == (0, 0, 0)


def test_a_change_is_damaged_minus_whole_over_all_seeds(results):
    gaps = []
    for seed in range(2):
        runs = {r.damage: r for r in results if (r.model, r.seed) == ("content-knn", seed)}
        hurt = runs[Damage("text", "missing")].evaluation.per_user["ndcg@10"]
        gaps.append(hurt - runs[None].evaluation.per_user["ndcg@10"])
    mean = change(results, "content-knn", "text", "missing").mean
    assert mean == pytest.approx(np.concatenate(gaps).mean())


def test_lists_are_measured_by_the_features_as_they_are(results):
    for result in results:
        assert not np.isnan(result.evaluation.per_user["diversity-text@10"]).any()


def test_new_items_have_a_change_of_their_own(data):
    runs = compare(data, ["content-knn"], split="new-items", k=(10,), knock_out=["missing"])
    assert {each.candidates for each in knock_outs(runs)} == {"all_items", "new_items"}


def test_a_run_that_was_skipped_is_left_out(data, results):
    broken = [
        replace(r, evaluation=None, skipped="no") if r.damage == Damage("text", "missing") else r
        for r in results
    ]
    ways = {(each.modality, each.way) for each in knock_outs(broken)}
    assert ("text", "missing") not in ways
    assert ("text", "shuffled") in ways


def test_raw_media_get_no_noise(data):
    raw = replace(data.items["image"], layout="pixels")
    made = damages(replace(data, items={**data.items, "image": raw}), WAYS)
    assert Damage("image", "noise") not in made
    assert len(made) == 5


def test_an_unknown_way_is_refused(data):
    with pytest.raises(UnknownName, match="missing, noise, shuffled"):
        compare(data, ["popularity"], split="random", knock_out=["burnt"])


def test_the_json_form(data, results):
    found = comparison(results, data).to_json()["standings"][0]["knock_outs"]
    first = json.loads(json.dumps(found))[0]
    assert first.keys() == {"model", "modality", "way", "candidates", "change"}
    assert first["change"]["ndcg@10"].keys() == {"mean", "low", "high"}

from __future__ import annotations

import json

import pytest

from prismrec.data.split import split
from prismrec.errors import BadData, UnknownName
from prismrec.evaluation.robustness import robustness

MODEL = "content-knn:modality=text"


@pytest.fixture(scope="module")
def parts(make_dataset):
    return split(make_dataset(150, 80), "random", test=0.2)


@pytest.mark.parametrize("how", ["missing", "shuffled"])
def test_figures_fall_with_the_damage(parts, how):
    curve = robustness(MODEL, parts, modality="text", how=how, levels=(0.5, 0.95))
    assert [point.level for point in curve.points] == [0, 0.5, 0.95]
    means = [point.metrics["recall@20"].mean for point in curve.points]
    assert means[0] > means[1] > means[2]
    assert curve.points[0].lost["recall@20"] == (0, 0, 0)
    assert curve.points[2].lost["recall@20"].low > 0


def test_a_little_noise_costs_less_than_a_lot(parts):
    curve = robustness(MODEL, parts, modality="text", how="noise", levels=(0.1, 5.0))
    lost = [point.lost["ndcg@20"].mean for point in curve.points]
    assert abs(lost[1]) < lost[2]


def test_a_model_that_does_not_look_loses_nothing(parts):
    curve = robustness("popularity", parts, modality="image", how="shuffled", levels=(1.0,))
    assert curve.points[1].lost["recall@20"] == (0, 0, 0)


def test_new_items_are_measured_apart(make_dataset):
    parts = split(make_dataset(150, 80), "new-items", test=0.3)
    curve = robustness(MODEL, parts, modality="text", how="shuffled", levels=(1.0,))
    assert curve.points[1].new_lost["recall@20"].low > 0
    plain = json.loads(json.dumps(curve.to_json()))
    assert set(plain["points"][1]["new_items"]["ndcg@20"]) == {"mean", "low", "high"}


def test_without_new_items_there_are_no_figures_of_them(parts):
    curve = robustness("popularity", parts, modality="text", how="missing", levels=(1.0,))
    assert curve.points[0].new_items == {}


def test_what_does_not_exist_is_refused(parts):
    with pytest.raises(BadData, match="'audio'"):
        robustness(MODEL, parts, modality="audio", how="missing")
    with pytest.raises(BadData, match="'burnt'"):
        robustness(MODEL, parts, modality="text", how="burnt")
    with pytest.raises(BadData, match="one level"):
        robustness(MODEL, parts, modality="text", how="missing", levels=())
    with pytest.raises(UnknownName):
        robustness("popularty", parts, modality="text", how="missing")

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.split import split
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.evaluation.damage import DAMAGES, damaged, dropped, noisy, shuffled
from prismrec.evaluation.protocol import cold_items


@pytest.fixture
def data(make_dataset):
    return make_dataset()


def test_a_share_of_the_present_rows_is_dropped(data):
    before, after = data.items["image"], dropped(data, "image", 0.5).items["image"]
    assert before.present.sum() == 36
    assert after.present.sum() == 18
    assert not (after.present & ~before.present).any()
    assert not after.values[~after.present].any()
    np.testing.assert_array_equal(after.values[after.present], before.values[after.present])


def test_all_of_it_keeps_the_modality_with_every_row_absent(data):
    assert dropped(data, "text").items["text"].coverage == 0


def test_a_larger_share_contains_the_smaller(data):
    few, many = (dropped(data, "text", share).items["text"].present for share in (0.2, 0.6))
    assert (few >= many).all()
    assert few.sum() > many.sum()


def test_a_split_by_new_items_of_the_same_seed_chooses_other_items(make_dataset):
    data = make_dataset(200, 200, events=20)
    new = cold_items(split(data, "new-items", valid=0, test=0.5).train)
    present = dropped(data, "text", 0.5).items["text"].present
    assert 0.35 < present[new].mean() < 0.65


def test_rows_that_were_guessed_and_dropped_are_no_longer_guessed(data):
    guessed = replace(data.items["text"], imputed=np.ones(40, bool))
    data = replace(data, items={"text": guessed})
    feature = dropped(data, "text", 0.5).items["text"]
    np.testing.assert_array_equal(feature.imputed, feature.present)


def test_noise_is_measured_in_the_spread_of_each_dimension():
    values = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32) * [1, 100]
    data = _of(Feature.of(values))
    added = noisy(data, "image", 0.5).items["image"].values - values
    np.testing.assert_allclose(added.std(axis=0), [0.5, 50], rtol=0.05)


def test_absent_rows_get_no_noise(data):
    feature = noisy(data, "image", 1.0).items["image"]
    assert not feature.values[~feature.present].any()


def test_raw_media_take_no_noise(data):
    raw = replace(data.items["text"], layout="tokens")
    with pytest.raises(BadData, match=r"raw tokens.*drop or shuffle"):
        noisy(replace(data, items={"text": raw}), "text")


def test_shuffled_vectors_are_the_same_set_and_nobody_keeps_their_own(data):
    before, after = data.items["image"], shuffled(data, "image").items["image"]
    np.testing.assert_array_equal(after.present, before.present)
    np.testing.assert_allclose(np.sort(after.values, axis=0), np.sort(before.values, axis=0))
    same = (after.values == before.values).all(axis=1)
    np.testing.assert_array_equal(same, ~before.present)


def test_half_shuffled_leaves_half_alone(data):
    before, after = data.items["text"], shuffled(data, "text", 0.5).items["text"]
    assert (after.values == before.values).all(axis=1).sum() == 20


@pytest.mark.parametrize("how", DAMAGES)
def test_the_same_seed_gives_the_same_damage_and_nothing_else_changes(data, how):
    one, two = (damaged(data, "image", how, level=0.5, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.items["image"].values, two.items["image"].values)
    other = damaged(data, "image", how, level=0.5, seed=4)
    assert (one.items["image"].values != other.items["image"].values).any()
    assert one.items["text"] is data.items["text"]
    assert one.interactions is data.interactions


@pytest.mark.parametrize("how", DAMAGES)
def test_level_0_changes_nothing(data, how):
    after = damaged(data, "image", how, level=0.0)
    np.testing.assert_array_equal(after.items["image"].values, data.items["image"].values)
    np.testing.assert_array_equal(after.items["image"].present, data.items["image"].present)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("level", [-0.1, np.nan])
def test_levels_that_are_none_are_refused(data, how, level):
    with pytest.raises(BadData, match=r"level|share"):
        damaged(data, "image", how, level=level)


def test_unknown_names_are_refused(data):
    with pytest.raises(BadData, match=r"no 'audio'.*image, text"):
        dropped(data, "audio")
    with pytest.raises(BadData, match=r"'burnt'; there is missing, noise, shuffled"):
        damaged(data, "image", "burnt", level=1)


def _of(feature):
    none = np.empty(0, np.int64)
    ids = Vocabulary(tuple(map(str, range(len(feature)))))
    return Dataset(Interactions.of(none, none), Vocabulary(()), ids, {"image": feature})

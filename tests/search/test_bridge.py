"""The bridge learns what is there to be learnt, and nothing where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from prismrec.data.features import Feature
from prismrec.search.bridge import learn, strength_of


def features(n: int, *, related: bool) -> tuple[Feature, Feature]:
    rng = np.random.default_rng(0)
    media = rng.normal(size=(n, 12)).astype(np.float32)
    source = media if related else rng.normal(size=(n, 12))
    texts = (source @ rng.normal(size=(12, 6)) + rng.normal(size=(n, 6))).astype(np.float32)
    there = np.arange(n) % 10 != 0
    return Feature.of(media), Feature(texts * there[:, None], there)


def test_related_modalities_are_bridged_for_items_without_text_too() -> None:
    media, texts = features(600, related=True)
    bridge = learn(media, texts)
    assert bridge.strength > 1
    assert bridge.predicted.present.all()
    lengths = np.linalg.norm(bridge.predicted.values, axis=1)
    assert lengths == pytest.approx(1, abs=1e-5)


def test_unrelated_modalities_have_no_strength() -> None:
    assert learn(*features(600, related=False)).strength == 0


def test_few_items_teach_nothing() -> None:
    bridge = learn(*features(60, related=True))
    assert bridge.strength == 0
    assert not bridge.predicted.present.any()


def test_an_items_own_text_has_no_part_in_its_prediction() -> None:
    media, texts = features(200, related=True)
    before = learn(media, texts).predicted.values[1]
    changed = texts.values.copy()
    changed[1] *= -50
    after = learn(media, Feature(changed, texts.present)).predicted.values[1]
    assert after == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("distance", [0.0, 0.5, 2.0])
def test_strength_is_the_distance_that_gives_the_auc(distance: float) -> None:
    assert strength_of(norm.cdf(distance / np.sqrt(2))) == pytest.approx(distance, abs=1e-6)

"""A fingerprint tells data sets apart, and equal ones not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.fingerprint import fingerprint
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary


def example() -> Dataset:
    log = Interactions.of(np.array([0, 0, 1]), np.array([0, 1, 1]), time=np.array([1, 2, 3]))
    image = Feature.of(np.eye(2, 3, dtype=np.float32))
    return Dataset(log, Vocabulary(("ann", "bob")), Vocabulary(("lamp", "灯")), {"image": image})


def changed(what: str) -> Dataset:
    data = example()
    log, image = data.interactions, data.items["image"]
    return {
        "an item": replace(data, interactions=replace(log, items=np.array([0, 1, 0]))),
        "order": data.with_interactions(log.take(np.array([1, 0, 2]))),
        "weight": data.with_interactions(replace(log, weight=log.weight * 2)),
        "no time": data.with_interactions(replace(log, time=None)),
        "label": data.with_interactions(replace(log, labels={"split": np.array([0, 0, 2])})),
        "name": replace(data, user_ids=Vocabulary(("ann", "bo"))),
        "side": replace(data, user_ids=Vocabulary(("annb", "ob"))),
        "feature": replace(data, items={"image": Feature.of(image.values * 2)}),
        "absent": replace(data, items={"image": replace(image, present=np.array([True, False]))}),
        "modality": replace(data, items={"text": image}),
        "users'": replace(data, items={}, users={"image": image}),
        "encoder": replace(data, items={"image": replace(image, encoder="v2")}),
    }[what]


def test_equal_data_have_equal_fingerprints() -> None:
    assert fingerprint(example()) == fingerprint(example())


@pytest.mark.parametrize(
    "what",
    ["an item", "order", "weight", "no time", "label", "name", "side", "feature", "absent",
     "modality", "users'", "encoder"],
)  # fmt: skip
def test_any_change_shows(what: str) -> None:
    assert fingerprint(changed(what)) != fingerprint(example())

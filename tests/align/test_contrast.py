"""Learnt alignments: better than their start where that can be, never worse, and repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from prismrec import registry
from prismrec.align.contrast import found, hidden, together
from prismrec.align.infonce import InfoNce
from prismrec.align.ridge_map import RidgeMap
from prismrec.align.triplet import Triplet
from prismrec.data.features import Feature
from prismrec.evaluation.alignment import retrieval_ranks

LEARNT = [
    InfoNce(start="procrustes", learning_rate=0.05, dropout=0.0, batch_size=64, patience=60),
    Triplet(start="procrustes", learning_rate=0.05, dropout=0.0, batch_size=64, patience=60),
]


def loud(n: int = 500) -> dict[str, Feature]:
    """Four directions that are shared, drowned by eight louder ones that are not."""
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(n, 4))
    items = {}
    for name in ("image", "text"):
        x = np.hstack([meaning + 0.2 * rng.normal(size=(n, 4)), 3 * rng.normal(size=(n, 8))])
        items[name] = Feature.of(x @ np.linalg.qr(rng.normal(size=(12, 12)))[0], None, name)
    return items


@pytest.mark.parametrize("alignment", LEARNT, ids=lambda one: type(one).__name__)
def test_what_is_loud_and_not_shared_is_unlearnt(alignment: InfoNce | Triplet) -> None:
    items, late = loud(), np.arange(400, 500)
    learn = hidden(items, late)

    def recall(learnt) -> float:
        x, y = (learnt[name](items[name].values[late]) for name in ("image", "text"))
        return float((retrieval_ranks(x, y) < 5).mean())

    start = registry.build("alignments", "procrustes").fit(learn)
    assert recall(start) < 0.3
    assert recall(alignment.fit(learn)) > 0.45


def test_where_nothing_is_better_the_start_it_is() -> None:
    """Too few rows to tell; then a start that no step can better, as steps are huge."""
    few = {name: feature.take(np.arange(60)) for name, feature in loud().items()}
    for items, alignment in ((few, InfoNce()), (loud(), InfoNce(learning_rate=1e3, epochs=2))):
        learnt, start = alignment.fit(items), RidgeMap().fit(items)
        for name in items:
            x = items[name].values[:5]
            np.testing.assert_allclose(learnt[name](x), start[name](x), atol=1e-5)


def test_learning_can_be_repeated() -> None:
    items = loud(200)
    one, same = (InfoNce(learning_rate=1e-2, epochs=3).fit(items) for _ in range(2))
    for name in items:
        assert one[name].fingerprint == same[name].fingerprint


def test_a_ridge_map_keeps_the_directions_that_are_told() -> None:
    items, late = loud(), np.arange(400, 500)
    learnt = {dim: RidgeMap(dim=dim).fit(hidden(items, late)) for dim in (4, None)}
    assert learnt[4]["image"].dim == learnt[4]["text"].dim == 4
    assert found(learnt[4], items, late) > found(learnt[None], items, late) + 0.05


def test_rows_that_take_part() -> None:
    items = {
        "image": Feature.of(np.ones((4, 2)), np.array([True, True, False, True])),
        "text": Feature(np.ones((4, 3), np.float32), np.ones(4, bool), imputed=np.arange(4) == 1),
    }
    assert together(items).tolist() == [0, 3]
    assert hidden(items, np.array([0]))["text"].present.tolist() == [False, False, True, True]

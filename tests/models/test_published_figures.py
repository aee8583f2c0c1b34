"""Figures on real logs that say whether formula and protocol are the published ones."""

from __future__ import annotations

import pytest

from prismrec.data.read import read
from prismrec.data.split import Split, split
from prismrec.evaluation.protocol import evaluate
from prismrec.models.item_knn import ItemKnn
from prismrec.models.popularity import Popularity
from prismrec.models.prism import Prism
from prismrec.train import Training

pytestmark = pytest.mark.data

RECALL, NDCG = "recall@20", "ndcg@20"


def figures(model, parts: Split, how: Training = Training()) -> dict[str, float]:
    ranker = model.fit(parts.train, how)
    result = evaluate(ranker, parts.test, seen=parts.train, k=20, metrics=["recall", "ndcg"])
    return {name: interval.mean for name, interval in result.metrics.items()}


@pytest.fixture(scope="module")
def baby(data_dir) -> Split:
    return split(read(data_dir / "amazon-baby").dataset(), "given")


@pytest.fixture(scope="module")
def tiktok(data_dir) -> Split:
    return split(read(data_dir / "tiktok").dataset(), "given")


@pytest.fixture(scope="module")
def lastfm(data_dir) -> Split:
    return split(read(data_dir / "lastfm-audio").dataset(), "given")


def test_popularity_confirms_the_protocol(baby, tiktok):
    assert figures(Popularity(), baby)[RECALL] == pytest.approx(0.0495, abs=2e-4)
    assert figures(Popularity(), tiktok)[RECALL] == pytest.approx(0.0597, abs=2e-4)


def test_item_knn_with_known_settings(baby, tiktok):
    found = figures(ItemKnn(0.5, 20.0, 0.5, 0.2, 0.0), baby)
    assert found == pytest.approx({RECALL: 0.0865, NDCG: 0.0412}, abs=3e-4)
    found = figures(ItemKnn(1.5, 10.0, 0.3, 0.0, 0.05), tiktok)
    assert found == pytest.approx({RECALL: 0.0973, NDCG: 0.0413}, abs=5e-4)


@pytest.mark.slow
def test_item_knn_by_its_own_choice(baby, tiktok):
    assert figures(ItemKnn(), baby, Training(valid=baby.valid))[RECALL] > 0.0848
    assert figures(ItemKnn(), baby)[RECALL] > 0.0848
    assert figures(ItemKnn(), tiktok, Training(valid=tiktok.valid))[RECALL] > 0.98 * 0.0973


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "recall", "ndcg"),
    [("tiktok", 0.1015, 0.0425), ("lastfm", 0.4167, 0.2867), ("baby", 0.0865, 0.0412)],
)
def test_prism_with_its_defaults(name, recall, ndcg, request):
    parts = request.getfixturevalue(name)
    found = figures(Prism(), parts, Training(valid=parts.valid))
    assert found[RECALL] >= recall
    assert found[NDCG] >= ndcg

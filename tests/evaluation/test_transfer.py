from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import prismrec as pr
from prismrec.data.features import Feature
from prismrec.data.split import split
from prismrec.errors import BadData
from prismrec.evaluation.transfer import moved


@pytest.fixture(scope="module")
def home(make_dataset):
    return make_dataset(80, 60)


@pytest.fixture(scope="module")
def abroad(make_dataset):
    """Other people and items; the groups look as at home."""
    return split(make_dataset(60, 40, seed=0), "random", test=0.2)


@pytest.mark.parametrize("spec", [pr.models.ContentKnn(modality="text"), pr.models.ItemKnn()])
def test_only_what_hangs_on_media_moves(home, abroad, spec):
    ranker = moved(spec.fit(home), home, abroad.train)
    assert ranker.n_items == 40
    found = pr.evaluate(ranker, abroad.test, seen=abroad.train, k=10)
    chance = 10 / 40
    by_media = isinstance(spec, pr.models.ContentKnn)
    assert (found.metrics["recall@10"].low > 1.3 * chance) == by_media


def test_scores_are_those_of_strangers_who_used_the_new_items(home, abroad):
    fitted = pr.models.ContentKnn().fit(home)
    query = pr.Query.of(abroad.train, np.array([3, 5]))
    scores = moved(fitted, home, abroad.train).score(query)
    assert scores.shape == (2, 40)
    shifted = pr.Jagged(query.history.values + 60, query.history.offsets)
    both = fitted.with_items(abroad.train.items).score(pr.Query.strangers(shifted))
    np.testing.assert_allclose(scores, both[:, 60:], rtol=1e-5)


def test_modalities_that_home_lacks_are_ignored(home, abroad):
    only_text = replace(home, items={"text": home.items["text"]})
    ranker = moved(pr.models.ContentKnn().fit(only_text), only_text, abroad.train)
    assert np.isfinite(ranker.score(pr.Query.of(abroad.train))).all()


def test_vectors_of_another_encoder_are_refused(home, abroad):
    other = replace(abroad.train.items["text"], encoder="another")
    far = replace(abroad.train, items={"text": other})
    with pytest.raises(BadData, match=r"no named encoder \(8\) here, by another \(8\) there"):
        moved(pr.models.ContentKnn().fit(home), home, far)


def test_shops_without_a_common_modality_are_refused(home, abroad):
    far = replace(abroad.train, items={"audio": Feature.of(np.ones((40, 2)))})
    with pytest.raises(BadData, match="no modality in common: image, text here, audio there"):
        moved(pr.models.ContentKnn().fit(home), home, far)


def test_a_ranker_that_takes_no_new_items_is_refused(home, abroad, table):
    with pytest.raises(BadData, match="Table takes no new items"):
        moved(table(np.zeros((80, 60))), home, abroad.train)

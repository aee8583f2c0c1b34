"""Every registered imputation: what is there stays, what is guessed is marked and sensible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.imputation import impute

ALL = registry.names("imputations")


def catalogue(n: int = 120, *, seed: int = 0, missing: float = 0.3) -> dict[str, Feature]:
    """Three modalities that are noisy views of the same three directions."""
    rng = np.random.default_rng(seed)
    meaning = rng.normal(size=(n, 3))
    items = {}
    for name, d in (("image", 10), ("text", 6), ("audio", 4)):
        values = meaning @ rng.normal(size=(3, d)) + 0.1 * rng.normal(size=(n, d)) + 2
        items[name] = Feature.of(values, rng.random(n) >= missing, name)
    return items


@pytest.mark.parametrize("name", ALL)
def test_what_is_there_stays_and_guesses_are_marked(name: str) -> None:
    before = catalogue()
    after = registry.build("imputations", name).fit(before)(before)
    for modality, feature in after.items():
        had = before[modality].present
        assert (feature.values[had] == before[modality].values[had]).all()
        assert (feature.observed == had).all()
        assert np.isfinite(feature.values).all()
        assert not feature.values[~feature.present].any()


@pytest.mark.parametrize("name", ALL)
def test_a_second_time_nothing_is_learnt_from_guesses(name: str) -> None:
    before = catalogue()
    imputation = registry.build("imputations", name)
    once = imputation.fit(before)(before)
    again = imputation.fit(once)(before)
    for modality in before:
        np.testing.assert_allclose(again[modality].values, once[modality].values, atol=1e-5)


@pytest.mark.parametrize("name", ["aligned", "neighbours", "ridge"])
def test_a_guess_is_nearer_to_the_truth_than_the_mean(name: str) -> None:
    whole, holes = catalogue(missing=0), catalogue()
    guessed = registry.build("imputations", name).fit(holes)(holes)
    mean = registry.build("imputations", "mean").fit(holes)(holes)
    for modality, feature in guessed.items():
        rows = feature.present & ~feature.observed
        assert rows.any()
        truth = whole[modality].values[rows]
        error = ((feature.values[rows] - truth) ** 2).sum()
        assert error < 0.6 * ((mean[modality].values[rows] - truth) ** 2).sum()


@pytest.mark.parametrize("name", ["aligned", "neighbours", "ridge"])
def test_a_row_without_any_media_stays_absent(name: str) -> None:
    items = catalogue()
    empty = {
        modality: Feature.of(feature.values, feature.present & (np.arange(len(feature)) > 0))
        for modality, feature in items.items()
    }
    after = registry.build("imputations", name).fit(empty)(empty)
    assert not any(feature.present[0] for feature in after.values())
    assert any(
        feature.present[1:].sum() > items[m].present[1:].sum() for m, feature in after.items()
    )


@pytest.mark.parametrize("name", ALL)
@given(n=st.integers(0, 5), seed=st.integers(0, 99), missing=st.floats(0, 1))
def test_small_and_empty_catalogues(name: str, n: int, seed: int, missing: float) -> None:
    items = catalogue(n, seed=seed, missing=missing)
    after = registry.build("imputations", name).fit(items)(items)
    assert {m: f.values.shape for m, f in after.items()} == {
        m: f.values.shape for m, f in items.items()
    }


@pytest.mark.parametrize("name", ALL)
def test_one_modality_alone(name: str) -> None:
    items = {"text": catalogue()["text"]}
    after = registry.build("imputations", name).fit(items)(items)["text"]
    assert (after.present.all()) == (name == "mean")


@pytest.mark.parametrize("name", ALL)
def test_later_items_are_filled_by_what_was_learnt(name: str) -> None:
    items = catalogue()
    zero = np.zeros(1, np.int64)
    data = Dataset(
        Interactions(zero, zero, np.ones(1, np.float32)),
        Vocabulary(("u",)),
        Vocabulary(tuple(map(str, range(120)))),
        items,
    )
    after, imputer = impute(data, name)
    rows = np.arange(20)
    later = imputer({m: f.take(rows) for m, f in items.items()})
    for modality, feature in later.items():
        np.testing.assert_allclose(feature.values, after.items[modality].values[:20], atol=1e-5)


@pytest.mark.parametrize("name", ["aligned", "neighbours"])
def test_a_neighbour_is_needed(name: str) -> None:
    with pytest.raises(BadData, match="at least 1"):
        registry.build("imputations", f"{name}:k=0")


def test_an_alignment_is_named_with_its_fields() -> None:
    items = catalogue()
    by_fields = registry.build("imputations", "aligned:by=cca(dim=3,l2=0.1)").fit(items)(items)
    plain = registry.build("imputations", "aligned").fit(items)(items)
    assert not np.allclose(by_fields["image"].values, plain["image"].values)

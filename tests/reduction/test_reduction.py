"""Every registered reduction, and what is particular to each."""

from __future__ import annotations

import dataclasses

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
from prismrec.graph.neighbours import centre_of
from prismrec.reduction import projected, reduce
from prismrec.reduction.pca import Pca, Whitening
from prismrec.reduction.random_projection import RandomProjection
from prismrec.reduction.scaling import Scaling
from prismrec.reduction.truncation import Truncation

ALL = registry.names("reductions")


def feature(n: int = 40, d: int = 12, *, seed: int = 0, missing: int = 5) -> Feature:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, d)) * np.linspace(3, 0.2, d) + 5
    present = np.ones(n, bool)
    present[rng.permutation(n)[:missing]] = False
    values[~present] = np.nan
    return Feature.of(values, present, "made-up")


@pytest.mark.parametrize("name", ALL)
def test_absent_rows_stay_absent_and_encoders_are_told_apart(name: str) -> None:
    before = feature()
    after = registry.build("reductions", name).fit(before).apply(before)
    assert (after.present == before.present).all()
    assert not after.values[~after.present].any()
    assert after.encoder.startswith("made-up/")
    assert after.values.dtype == np.float32


@pytest.mark.parametrize("name", ALL)
@given(n=st.integers(0, 6), d=st.integers(1, 5), dim=st.integers(1, 8), missing=st.integers(0, 6))
def test_any_shape_gives_finite_vectors(name: str, n: int, d: int, dim: int, missing: int) -> None:
    reduction = registry.build("reductions", name)
    if hasattr(reduction, "dim"):
        reduction = dataclasses.replace(reduction, dim=dim)
    before = feature(n, d, missing=missing)
    learnt = reduction.fit(before)
    after = learnt.apply(before)
    assert after.values.shape == (n, learnt.dim)
    assert np.isfinite(after.values).all()


@pytest.mark.parametrize("name", ALL)
def test_learning_does_not_look_at_absent_rows(name: str) -> None:
    before = feature()
    values = before.values.copy()
    present = before.present
    reduction = registry.build("reductions", name)
    only_present = Feature(values[present], present[present], "made-up")
    one, other = reduction.fit(before), reduction.fit(only_present)
    np.testing.assert_allclose(one(values[present]), other(values[present]), atol=1e-4)


def test_pca_finds_the_direction_that_was_put_in() -> None:
    rng = np.random.default_rng(1)
    direction = np.array([3.0, 4.0, 0.0]) / 5
    values = rng.normal(size=(300, 1)) * 10 * direction + rng.normal(size=(300, 3)) * 0.1 + 7
    learnt = Pca(dim=1).fit(Feature.of(values))
    assert learnt.matrix is not None
    assert abs(learnt.matrix[:, 0] @ direction) > 0.999
    assert learnt.matrix[1, 0] > 0  # the largest entry is positive


def test_pca_with_all_directions_keeps_distances() -> None:
    before = feature(missing=0)
    after = Pca(dim=12).fit(before).apply(before)
    distance = np.linalg.norm(before.values[0] - before.values, axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(after.values[0] - after.values, axis=1), distance, rtol=1e-4
    )


def test_whitening_makes_directions_equally_long() -> None:
    before = feature(2000, 6, missing=0)
    learnt = Whitening(dim=6, floor=0).fit(before)
    raw = (before.values - learnt.centre) @ learnt.matrix
    np.testing.assert_allclose(raw.std(axis=0), 1, rtol=1e-3)
    length = np.linalg.norm(learnt.apply(before).values, axis=1)
    np.testing.assert_allclose(length, 1, rtol=1e-5)


def test_random_projection_keeps_squared_distances_on_average() -> None:
    before = feature(30, 400, missing=0)
    ratios = []
    for seed in range(20):
        after = RandomProjection(dim=64, seed=seed).fit(before).apply(before)
        difference = after.values[0] - after.values[1:]
        true = ((before.values[0] - before.values[1:]) ** 2).sum(axis=1)
        ratios.append((difference**2).sum(axis=1) / true)
    assert abs(np.mean(ratios) - 1) < 0.05


def test_truncation_takes_the_first() -> None:
    before = feature(missing=0)
    after = Truncation(dim=3).fit(before).apply(before)
    first = before.values[:, :3]
    np.testing.assert_allclose(
        after.values, first / np.linalg.norm(first, axis=1, keepdims=True), rtol=1e-5
    )


@pytest.mark.parametrize("shape", ["unit", "standard"])
def test_scaled_modalities_of_unequal_dimension_weigh_the_same(shape: str) -> None:
    energies = []
    for d in (50, 1280):
        before = feature(200, d, missing=0)
        after = Scaling(shape).fit(before).apply(before)
        energies.append(float((after.values**2).sum(axis=1).mean()))
    np.testing.assert_allclose(energies, 1, rtol=0.02)


def test_wrong_settings_and_wrong_vectors_are_refused() -> None:
    with pytest.raises(BadData, match="unit or standard"):
        Scaling("round")
    with pytest.raises(BadData, match="dimension"):
        Pca(dim=0)
    with pytest.raises(BadData, match="3 dimensions"):
        Pca(dim=2).fit(feature())(np.zeros((1, 3), np.float32))


def data(items: dict[str, Feature], users: dict[str, Feature] | None = None) -> Dataset:
    n_items = len(next(iter(items.values())))
    n_users = len(next(iter(users.values()))) if users else 1
    zero = np.zeros(1, np.int64)
    log = Interactions(zero, zero, np.ones(1, np.float32))
    names = Vocabulary(tuple(map(str, range(n_users)))), Vocabulary(tuple(map(str, range(n_items))))
    return Dataset(log, *names, items, users or {})


def test_reduce_changes_what_it_is_told_and_later_items_likewise() -> None:
    image, text, posted = feature(d=12), feature(d=8, seed=2), feature(20, 8, seed=3)
    before = data({"image": image, "text": text}, {"text": posted})
    after, learnt = reduce(before, {"text": "pca:dim=3"})
    assert after.items["image"] is image
    assert after.items["text"].dim == after.users["text"].dim == 3
    assert (learnt["text"].apply(text).values == after.items["text"].values).all()
    assert (projected(before, learnt).users["text"].values == after.users["text"].values).all()


def test_reduce_learns_from_chosen_rows_only() -> None:
    text = feature(d=8)
    rows = np.arange(10)
    after, learnt = reduce(data({"text": text}), "pca:dim=3", only=rows)
    np.testing.assert_array_equal(learnt["text"].centre, centre_of(text.take(rows)))
    assert len(after.items["text"]) == len(text)


def test_an_imputed_row_stays_marked() -> None:
    text = feature(d=8, missing=0)
    imputed = np.zeros(len(text), bool)
    imputed[3] = True
    marked = Feature(text.values, text.present, "made-up", imputed)
    after = Pca(dim=2).fit(marked).apply(marked)
    assert not after.observed[3]
    assert after.observed.sum() == len(text) - 1

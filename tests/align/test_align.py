"""Every registered alignment brings modalities together; ranks and CKA by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from prismrec import registry
from prismrec.align.cca import Cca
from prismrec.data.features import Feature
from prismrec.errors import BadData, UnknownName
from prismrec.evaluation.alignment import cka, retrieval_ranks

ALL = registry.names("alignments")


def catalogue(n: int = 400, *, missing: float = 0.2, noise: float = 0.3) -> dict[str, Feature]:
    """Three modalities that are noisy views of the same five directions."""
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(n, 5))
    items = {}
    for name, d in (("image", 30), ("text", 20), ("audio", 12)):
        turn = stats.ortho_group(d, seed=1).rvs()[:5]
        values = meaning @ turn + noise * rng.normal(size=(n, d)) / np.sqrt(d) * 5 + 3
        items[name] = Feature.of(values, rng.random(n) >= missing, name)
    return items


def held_out(items: dict[str, Feature]) -> tuple[dict[str, Feature], np.ndarray]:
    """What to learn from, and rows kept from it that have everything."""
    n = len(items["text"])
    late = np.arange(n) >= n // 2
    learn = {m: Feature.of(f.values, f.present & ~late, f.encoder) for m, f in items.items()}
    whole = np.logical_and.reduce([f.present for f in items.values()])
    return learn, np.flatnonzero(late & whole)


@pytest.mark.parametrize("name", ALL)
def test_items_not_learnt_from_find_themselves(name: str) -> None:
    items = catalogue()
    learn, rows = held_out(items)
    learnt = registry.build("alignments", name).fit(learn)
    assert {p.dim for p in learnt.values()} == {learnt["text"].dim}
    for one, other in (("image", "text"), ("audio", "text"), ("text", "image")):
        ranks = retrieval_ranks(
            learnt[one](items[one].values[rows]), learnt[other](items[other].values[rows])
        )
        assert (ranks < 5).mean() > 0.5  # chance is 5 / 100


@pytest.mark.parametrize("name", ALL)
def test_absent_and_guessed_rows_teach_nothing(name: str) -> None:
    items = catalogue()
    junk = {}
    for modality, feature in items.items():
        values = feature.values.copy()
        values[~feature.present] = 1e3
        every = np.ones(len(feature), bool)
        junk[modality] = Feature(values, every, modality, ~feature.present)
    alignment = registry.build("alignments", name)
    one, other = alignment.fit(items), alignment.fit(junk)
    for modality in items:
        values = items[modality].values[:20]
        np.testing.assert_allclose(one[modality](values), other[modality](values), atol=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_what_cannot_be_aligned_is_said(name: str) -> None:
    items = catalogue(20)
    apart = {
        m: Feature.of(f.values, np.arange(20) % 3 == place)
        for place, (m, f) in enumerate(items.items())
    }
    alignment = registry.build("alignments", name)
    with pytest.raises(BadData, match="both modalities"):
        alignment.fit(apart)
    with pytest.raises(BadData, match="two modalities"):
        alignment.fit({"text": items["text"]})


def test_a_ridge_map_needs_its_target() -> None:
    with pytest.raises(UnknownName, match="image"):
        registry.build("alignments", "ridge-map:target=smell").fit(catalogue(20))


def test_cca_of_two_is_that_of_the_textbook() -> None:
    """Canonical correlations from whitened cross-covariances, by singular values."""
    items = catalogue(missing=0)
    pair = {m: items[m] for m in ("image", "text")}
    learnt = Cca(dim=4, rank=30, l2=0, power=0).fit(pair)
    raw = {}
    for m, p in learnt.items():
        assert p.matrix is not None
        raw[m] = (items[m].values - p.centre) @ p.matrix
    found = [np.corrcoef(raw["image"][:, k], raw["text"][:, k])[0, 1] for k in range(4)]
    bases = []
    for feature in pair.values():
        x = feature.values.astype(float)
        bases.append(np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[0])
    expected = np.linalg.svd(bases[0].T @ bases[1])[1][:4]
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_cka_is_blind_to_turns_and_sees_chance() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)).astype(np.float32)
    turned = (x @ stats.ortho_group(6, seed=2).rvs() * 7 + 1).astype(np.float32)
    assert abs(cka(x, turned) - 1) < 1e-5
    assert cka(x, rng.normal(size=(300, 6)).astype(np.float32)) < 0.1
    assert cka(x, np.zeros((300, 2), np.float32)) == 0

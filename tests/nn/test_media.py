"""Media as a network sees them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.data.features import Feature  # noqa: E402
from prismrec.nn.media import WIDEST, Media, prepared  # noqa: E402

N, D = 20, 8


def feature(dim: int, *, scale: float = 1.0, gaps: int = 3) -> Feature:
    rng = np.random.default_rng(dim)
    values = (rng.normal(size=(N, dim)) * scale + 5).astype(np.float32)
    return Feature.of(values, np.arange(N) % gaps != 0)


@pytest.fixture(scope="module")
def media() -> Media:
    return Media({"image": feature(12), "text": feature(5, gaps=4)}, N, D)


def test_each_modality_is_projected_by_a_matrix_of_its_own(media: Media) -> None:
    x, present = media()
    assert x.shape == (N, 2, D)
    for k, projection in enumerate(media.projections):
        wanted = projection(media.values(k)) * present[:, k : k + 1]
        torch.testing.assert_close(x[:, k], wanted)
    assert present[:, 0].tolist() == [row % 3 != 0 for row in range(N)]
    assert not x[~present].any()


def test_rows_are_the_same_as_those_of_all(media: Media) -> None:
    rows = torch.tensor([7, 0, 7])
    x, present = media(rows)
    torch.testing.assert_close(x, media()[0][rows])
    assert torch.equal(present, media.present[rows])
    torch.testing.assert_close(media.summed(rows), media()[0].sum(1)[rows])


def test_what_is_frozen_is_centred_of_length_one_and_the_scale_is_lost() -> None:
    small, large = prepared(feature(12)), prepared(feature(12, scale=1.0))
    there = np.arange(N) % 3 != 0
    assert np.linalg.norm(small[there], axis=1) == pytest.approx(np.ones(there.sum()), abs=1e-5)
    assert not small[~there].any()
    assert abs(small.mean(axis=0)).max() < 0.25  # around 5 before
    moved = Feature.of(feature(12).values * 100, there)
    assert prepared(moved) == pytest.approx(large, abs=1e-3)


def test_a_wide_modality_is_shortened_so_that_a_step_costs_no_more() -> None:
    rng = np.random.default_rng(0)
    wide = Feature.of(rng.normal(size=(400, WIDEST + 100)).astype(np.float32), np.ones(400, bool))
    assert prepared(wide).shape == (400, WIDEST)


def test_gradients_reach_the_projections_of_what_is_present_only(media: Media) -> None:
    media.zero_grad()
    media.summed(torch.tensor([0])).sum().backward()  # row 0 lacks both
    assert not any(p.grad.any() for p in media.parameters())
    media.summed(torch.tensor([4])).sum().backward()  # row 4 has a picture and no text
    image, text = media.projections
    assert image.weight.grad.any()
    assert not text.weight.grad.any()


def test_there_may_be_no_media_at_all() -> None:
    none = Media({}, N, D)
    x, present = none()
    assert (x.shape, present.shape) == ((N, 0, D), (N, 0))
    assert len(none) == 0
    assert none.summed(torch.arange(3)).tolist() == torch.zeros(3, D).tolist()
    assert not list(none.parameters())

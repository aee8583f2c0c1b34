from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prismrec import registry
from prismrec.errors import BadData
from prismrec.media.image.augment import (
    ColourJitter,
    Erase,
    Flip,
    Noise,
    RandomResizedCrop,
    Rotate,
)

shapes = st.tuples(st.integers(1, 30), st.integers(1, 30), st.just(3))
pictures = shapes.flatmap(lambda shape: arrays(np.uint8, shape))
NAMES = registry.names("image-augmentations")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def scene(height: int = 60, width: int = 80) -> np.ndarray:
    return rng(1).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(pixels=pictures, seed=st.integers(0, 99))
def test_every_picture_can_be_changed(name: str, pixels: np.ndarray, seed: int) -> None:
    (step,) = registry.build_steps("image-augmentations", name)
    before = pixels.copy()
    pixels.flags.writeable = False
    out = step(pixels, rng(seed))
    assert out.dtype == np.uint8
    assert out.ndim == 3
    assert out.shape[2] == 3
    assert out.size
    assert (pixels == before).all()
    assert (step(pixels, rng(seed)) == out).all()
    if name != "random-resized-crop":
        assert out.shape == pixels.shape


@pytest.mark.parametrize("name", NAMES)
def test_other_numbers_change_it_otherwise(name: str) -> None:
    (step,) = registry.build_steps("image-augmentations", name)
    assert len({step(scene(), rng(seed)).tobytes() for seed in range(8)}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_an_augmentation_is_a_frozen_dataclass(name: str) -> None:
    (step,) = registry.build_steps("image-augmentations", name)
    assert type(step).version == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.version = 2


def test_a_crop_shows_at_least_its_share() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:, :, 0] = np.arange(100)
    for seed in range(20):
        out = RandomResizedCrop(size=50, smallest=0.5, stretch=1)(pixels, rng(seed))
        assert out.shape == (50, 50, 3)
        assert np.ptp(out[..., 0]) >= 100 * np.sqrt(0.5) - 5


def test_flip_by_chance() -> None:
    assert (Flip(1)(scene(), rng()) == scene()[:, ::-1]).all()
    assert (Flip(0)(scene(), rng()) == scene()).all()
    flipped = [(Flip()(scene(), rng(seed)) != scene()).any() for seed in range(200)]
    assert 60 < sum(flipped) < 140


def test_jitter_of_nothing_changes_nothing() -> None:
    assert (ColourJitter(0, 0, 0)(scene(), rng()) == scene()).all()


def test_jitter_stays_within_its_factors() -> None:
    grey = np.full((4, 4, 3), 100, np.uint8)
    means = [ColourJitter(0.5, 0, 0)(grey, rng(seed)).mean() for seed in range(100)]
    assert 66 <= min(means) < 80
    assert 130 < max(means) <= 150


def test_rotation_keeps_the_middle_and_leaves_no_corner_empty() -> None:
    pixels = np.full((41, 61, 3), 200, np.uint8)
    pixels[18:23, 28:33] = 20
    for seed in range(10):
        out = Rotate(45)(pixels, rng(seed))
        assert out[20, 30].max() < 60
        assert out[[0, 0, -1, -1], [0, -1, 0, -1]].min() >= 195


def test_erasing_stays_within_its_share() -> None:
    plain = np.full((100, 100, 3), 77, np.uint8)
    shares = []
    for seed in range(50):
        out = Erase(chance=1, largest=0.3)(plain, rng(seed))
        shares.append((out != 77).any(axis=-1).mean())
    assert max(shares) <= 0.3
    assert min(shares) > 0.02
    assert (Erase(chance=0)(plain, rng()) == 77).all()


def test_noise_has_its_deviation() -> None:
    out = Noise(10)(np.full((100, 100, 3), 128, np.uint8), rng()).astype(float)
    assert out.std() == pytest.approx(10, rel=0.05)
    assert out.mean() == pytest.approx(128, abs=0.3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomResizedCrop(smallest=0),
        lambda: Flip(1.5),
        lambda: ColourJitter(brightness=-0.1),
        lambda: Rotate(90),
        lambda: Erase(largest=2),
        lambda: Noise(-1),
    ],
)
def test_fields_have_limits(make) -> None:
    with pytest.raises(BadData, match="choose"):
        make()

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prismrec.errors import BadData
from prismrec.media.image.colour import (
    Brightness,
    Contrast,
    Gamma,
    Greyscale,
    GreyWorld,
    Saturation,
)

shapes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))
pictures = shapes.flatmap(lambda shape: arrays(np.uint8, shape))


def one(*colour: int) -> np.ndarray:
    return np.array([[colour]], np.uint8)


def test_grey_world_makes_the_means_equal() -> None:
    scene = np.random.default_rng(0).integers(20, 160, (50, 50, 1)) * np.array((1.3, 1.0, 0.7))
    means = GreyWorld()(scene.astype(np.uint8)).mean(axis=(0, 1))
    assert np.ptp(means) < 1


def test_grey_world_has_a_limit_and_a_strength() -> None:
    assert GreyWorld(limit=2)(one(240, 30, 30))[0, 0].tolist() == [120, 60, 60]
    assert (GreyWorld(strength=0)(one(240, 30, 30)) == one(240, 30, 30)).all()


@given(pictures)
def test_a_grey_picture_is_in_balance(pixels: np.ndarray) -> None:
    grey = np.repeat(pixels[..., :1], 3, axis=-1)
    assert (GreyWorld()(grey) == grey).all()


def test_brightness_is_a_factor() -> None:
    assert Brightness(1.5)(one(10, 100, 200))[0, 0].tolist() == [15, 150, 255]


def test_contrast_keeps_the_middle() -> None:
    pixels = np.array([[[50] * 3, [150] * 3]], np.uint8)  # mean 100
    assert Contrast(1.5)(pixels)[0, :, 0].tolist() == [25, 175]
    assert Contrast(0)(pixels)[0, :, 0].tolist() == [100, 100]


def test_gamma_moves_the_middle_and_keeps_the_ends() -> None:
    assert Gamma(0.5)(one(0, 64, 255))[0, 0].tolist() == [0, 128, 255]  # 255 * sqrt(64 / 255)


def test_saturation_moves_away_from_grey() -> None:
    assert Saturation(0)(one(200, 100, 0))[0, 0].tolist() == [118, 118, 118]  # 59.8 + 58.7
    assert Saturation(2)(one(110, 100, 90))[0, 0].tolist() == [118, 98, 78]  # from 101.85


@given(pictures)
def test_factors_of_one_change_nothing(pixels: np.ndarray) -> None:
    for step in (Brightness(1), Contrast(1), Gamma(1), Saturation(1)):
        assert (step(pixels) == pixels).all()


@given(pictures)
def test_greyscale_is_grey_and_stays_so(pixels: np.ndarray) -> None:
    grey = Greyscale()(pixels)
    assert (grey == grey[..., :1]).all()
    assert (Greyscale()(grey) == grey).all()
    assert (Saturation(0)(pixels) == grey).all()


@pytest.mark.parametrize("step", [Brightness, Contrast, Gamma, Saturation])
@pytest.mark.parametrize("value", [-0.1, 10.5, float("nan")])
def test_factors_have_limits(step, value) -> None:
    with pytest.raises(BadData, match=r"choose 0(\.1)? to 10"):
        step(value)

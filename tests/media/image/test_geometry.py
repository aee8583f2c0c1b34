from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prismrec.errors import BadData
from prismrec.media.image.geometry import (
    CropCentre,
    CropContent,
    Letterbox,
    Resize,
    Stretch,
    TrimBorders,
)

shapes = st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))
pictures = shapes.flatmap(lambda shape: arrays(np.uint8, shape))


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def contains(whole: np.ndarray, part: np.ndarray) -> bool:
    windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape)
    return bool((windows == part).all(axis=(-3, -2, -1)).any())


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((100, 200), (50, 100)),
        ((200, 100), (100, 50)),
        ((10, 20), (50, 100)),
        ((1, 10_000), (1, 4096)),  # not 50 x 500,000
    ],
)
def test_resize_keeps_proportions(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert Resize(50)(noise(*shape)).shape == (*expected, 3)


def test_resize_averages_when_it_shrinks() -> None:
    checks = np.indices((200, 200)).sum(axis=0) % 2 * 255
    pixels = np.repeat(checks[..., None], 3, axis=-1).astype(np.uint8)
    assert np.abs(Resize(20)(pixels).astype(int) - 127).max() <= 2


def test_the_size_it_has_is_left() -> None:
    assert (Resize(30)(noise(30, 40)) == noise(30, 40)).all()
    assert (Stretch(40, 30)(noise(30, 40)) == noise(30, 40)).all()


def test_stretch_gives_exactly_that_size() -> None:
    assert Stretch(width=33, height=7)(noise(20, 50)).shape == (7, 33, 3)


def test_the_centre_is_cut_out() -> None:
    pixels = noise(10, 30)
    assert (CropCentre()(pixels) == pixels[:, 10:20]).all()
    assert (CropCentre(share=0.6)(pixels) == pixels[2:8, 12:18]).all()
    assert CropCentre(aspect=2)(pixels).shape == (10, 20, 3)
    assert CropCentre(aspect=0.5)(pixels).shape == (10, 5, 3)


@settings(max_examples=40)
@given(pictures, st.floats(0.01, 1), st.floats(0.1, 10))
def test_crops_are_windows_of_the_picture(pixels: np.ndarray, share: float, aspect: float) -> None:
    centre, content = (Crop(share, aspect)(pixels) for Crop in (CropCentre, CropContent))
    assert centre.shape == content.shape
    assert contains(pixels, centre)
    assert contains(pixels, content)


@pytest.mark.parametrize("top", [30, 160, 300])
def test_the_content_is_found_where_it_lies(top: int) -> None:
    pixels = np.full((400, 200, 3), 200, np.uint8)
    pixels[top : top + 60, 70:130] = noise(60, 60)
    kept = CropContent(share=0.6)(pixels)
    assert kept.shape == (120, 120, 3)
    assert (kept != 200).any(axis=-1).sum() > 0.9 * 60 * 60


@given(pictures, st.floats(0.1, 10))
def test_bars_are_added_around_the_whole_picture(pixels: np.ndarray, aspect: float) -> None:
    out = Letterbox(aspect, level=7)(pixels)
    assert contains(out, pixels)
    assert abs(out.shape[1] - aspect * out.shape[0]) <= 1 + aspect
    assert np.count_nonzero((out != 7).any(axis=-1)) <= pixels.shape[0] * pixels.shape[1]


def test_bars_do_not_fill_the_memory() -> None:
    assert max(Letterbox()(noise(1, 10_000)).shape) <= 10_000
    assert Letterbox()(noise(1, 10_000)).size <= 3 * 4096**2


def test_margins_are_cut_off_each_side_by_itself() -> None:
    inside = noise(30, 40)
    framed = np.zeros((30 + 5 + 9, 40 + 6 + 3, 3), np.uint8)
    framed[:5], framed[-9:] = 250, 10
    framed[5:-9, 6:-3] = inside
    assert (TrimBorders()(framed) == inside).all()


def test_noisy_margins_are_cut_off_within_the_tolerance() -> None:
    framed = np.random.default_rng(1).integers(0, 9, (60, 60, 3), np.uint8)
    framed[20:50, 10:40] = noise(30, 30)
    assert TrimBorders(tolerance=12)(framed).shape == (30, 30, 3)
    assert TrimBorders(tolerance=2)(framed).shape == (60, 60, 3)


@pytest.mark.parametrize("level", [0, 255])
def test_a_picture_that_is_all_border_stays(level: int) -> None:
    plain = np.full((20, 30, 3), level, np.uint8)
    assert (TrimBorders()(plain) == plain).all()
    dot = plain.copy()
    dot[10, 10] = 255 - level
    assert (TrimBorders()(dot) == dot).all()


@given(pictures)
def test_what_is_trimmed_is_a_window(pixels: np.ndarray) -> None:
    assert contains(pixels, TrimBorders()(pixels))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Resize(0),
        lambda: Stretch(5000, 5),
        lambda: CropCentre(0),
        lambda: CropContent(1, 20),
        lambda: Letterbox(level=256),
        lambda: TrimBorders(tolerance=-1),
    ],
)
def test_fields_have_limits(make) -> None:
    with pytest.raises(BadData, match="choose"):
        make()

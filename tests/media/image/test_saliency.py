from __future__ import annotations

import numpy as np
import pytest

from prismrec.media.image.saliency import best_window, saliency


@pytest.mark.parametrize(("row", "column"), [(50, 60), (50, 240), (150, 150)])
def test_the_odd_one_out_is_found(row: int, column: int) -> None:
    y, x = np.mgrid[:200, :300]
    pattern = 120 + 60 * np.sin(x / 5) * np.sin(y / 5)
    pattern[row - 15 : row + 15, column - 15 : column + 15] = 250
    pixels = np.repeat(pattern[..., None], 3, axis=-1).astype(np.uint8)
    found = saliency(pixels)
    top, left = np.unravel_index(found.argmax(), found.shape)
    scale = np.array(pixels.shape[:2]) / found.shape
    assert np.hypot(*(np.array((top + 0.5, left + 0.5)) * scale - (row, column))) < 25


def test_a_map_is_small_and_of_sum_one() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 150, 3), np.uint8)
    found = saliency(pixels)
    assert found.shape == (64, 32)
    assert found.sum() == pytest.approx(1)
    assert found.min() >= 0


def test_the_best_window_is_that_of_a_search_over_all() -> None:
    found = np.random.default_rng(3).random((12, 17)) * 10
    for height, width in ((1, 1), (12, 17), (5, 17), (12, 3), (4, 6)):
        sums = np.lib.stride_tricks.sliding_window_view(found, (height, width)).sum(axis=(2, 3))
        best = np.unravel_index(sums.argmax(), sums.shape)
        assert best_window(found, height, width) == tuple(int(place) for place in best)


def test_of_equal_windows_the_middle_one() -> None:
    assert best_window(np.zeros((9, 21)), 3, 5) == (3, 8)

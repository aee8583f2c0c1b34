from __future__ import annotations

import numpy as np

from prismrec.media.image.normalise import IMAGENET_MEAN, normalised


def test_channels_come_first_and_values_are_scaled() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    values = normalised(pixels, mean=(1, 2, 3), std=(1, 2, 4))
    assert values.shape == (3, 2, 3)
    assert values.dtype == np.float32
    assert values.flags.c_contiguous
    assert values[:, 1, 2].tolist() == [15 - 1, (16 - 2) / 2, (17 - 3) / 4]


def test_one_number_serves_all_channels() -> None:
    assert normalised(np.full((1, 1, 3), 255, np.uint8), 127, 128).tolist() == [[[1]], [[1]], [[1]]]


def test_the_mean_colour_of_imagenet_becomes_about_zero() -> None:
    pixel = np.rint(IMAGENET_MEAN).astype(np.uint8)[None, None]
    assert np.abs(normalised(pixel)).max() < 0.01

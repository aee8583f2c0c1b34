from __future__ import annotations

import numpy as np
import pytest

from prismrec.errors import BadData
from prismrec.media.image.enhance import AutoContrast, Clahe, Sharpen


def dim() -> np.ndarray:
    """A soft pattern whose left half is dark and whose right half is light."""
    y, x = np.mgrid[:96, :96]
    values = 30 + 6 * np.sin(x / 3) * np.sin(y / 3) + 150 * (x >= 48)
    return np.repeat(np.rint(values)[..., None], 3, axis=-1).astype(np.uint8)


def test_clahe_brings_out_the_dark_and_the_light_half() -> None:
    before, after = dim(), Clahe(limit=4)(dim())
    for half in (slice(8, 40), slice(56, 88)):
        assert after[:, half].std() > 1.5 * before[:, half].std()


def test_clahe_keeps_colours() -> None:
    pixels = dim()
    pixels[..., 2] //= 2  # yellowish
    after = Clahe()(pixels).astype(int)
    assert (after[..., 0] > after[..., 2]).mean() > 0.99
    assert np.abs(after[..., 0] - after[..., 1]).mean() < 3


def test_more_limit_more_contrast() -> None:
    spread = [Clahe(limit=limit)(dim())[:, 8:40].std() for limit in (1, 2, 8)]
    assert spread == sorted(spread)
    assert spread[0] < spread[-1]


def test_sharpening_steepens_an_edge() -> None:
    ramp = np.repeat(np.linspace(60, 180, 7).round()[None, :, None], 20, axis=0)
    pixels = np.concatenate([np.full((20, 9, 1), 60), ramp, np.full((20, 9, 1), 180)], axis=1)
    pixels = np.repeat(pixels, 3, axis=-1).astype(np.uint8)
    steps = np.diff(Sharpen(amount=2)(pixels)[10, :, 0].astype(int))
    assert steps.max() > np.diff(pixels[10, :, 0].astype(int)).max()


def test_sharpening_leaves_faint_noise() -> None:
    pixels = np.random.default_rng(0).integers(100, 103, (40, 40, 3), np.uint8)
    assert (Sharpen(threshold=10)(pixels) == pixels).all()


def test_auto_contrast_reaches_from_black_to_white() -> None:
    grey = np.tile(np.linspace(90, 150, 64).astype(np.uint8)[:, None, None], (1, 40, 3))
    after = AutoContrast(cutoff=0)(grey)
    assert after.min() == 0
    assert after.max() == 255


def test_auto_contrast_keeps_hues() -> None:
    pixels = np.zeros((2, 20, 3), np.uint8)
    pixels[0], pixels[1] = (120, 60, 60), (60, 120, 60)
    after = AutoContrast(cutoff=0)(pixels)
    assert after[0, 0, 1] == after[0, 0, 2]
    assert after[1, 0, 0] == after[1, 0, 2]


@pytest.mark.parametrize(
    ("step", "field", "value"),
    [
        (Clahe, "limit", 0.5),
        (Clahe, "tiles", 0),
        (Sharpen, "amount", -1),
        (Sharpen, "radius", 0),
        (Sharpen, "threshold", 256),
        (AutoContrast, "cutoff", 50),
    ],
)
def test_fields_have_limits(step, field, value) -> None:
    with pytest.raises(BadData, match=f"{step.__name__}: {field} is {value}; choose"):
        step(**{field: value})

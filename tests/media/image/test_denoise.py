from __future__ import annotations

import sys

import numpy as np
import pytest

from prismrec.errors import BadData, MissingPackage
from prismrec.media.image.denoise import Bilateral, Median, NonLocalMeans


def edge() -> np.ndarray:
    """Dark on the left, light on the right."""
    pixels = np.full((60, 60, 3), 60, np.uint8)
    pixels[:, 30:] = 180
    return pixels


@pytest.mark.parametrize("step", [NonLocalMeans(10), Bilateral(tone=60), Median()])
def test_grain_goes_and_the_edge_stays(step) -> None:
    clean = edge()
    grain = np.random.default_rng(0).normal(0, 10, clean.shape)
    noisy = np.rint(clean + grain).clip(0, 255).astype(np.uint8)
    smooth = step(noisy).astype(float)
    assert np.abs(smooth - clean).mean() < 0.6 * np.abs(noisy.astype(float) - clean).mean()
    assert smooth[5:-5, 32].mean() - smooth[5:-5, 27].mean() > 100


def test_channels_are_not_exchanged() -> None:
    red = np.zeros((20, 20, 3), np.uint8)
    red[..., 0] = 200
    for step in (NonLocalMeans(), Bilateral(), Median()):
        assert np.abs(step(red).astype(int) - red).max() <= 3


def test_the_median_removes_single_wrong_pixels() -> None:
    pixels = edge()
    pixels[10, 10] = 255
    assert (Median()(pixels) == edge()).all()


@pytest.mark.parametrize(
    ("step", "options"),
    [
        (NonLocalMeans, {"strength": -1}),
        (NonLocalMeans, {"search": 500}),
        (NonLocalMeans, {"search": 4}),
        (Bilateral, {"tone": 0}),
        (Bilateral, {"distance": 99}),
        (Median, {"size": 4}),
        (Median, {"size": 1}),
    ],
)
def test_fields_have_limits(step, options) -> None:
    with pytest.raises(BadData, match=f"{step.__name__}: {next(iter(options))} is"):
        step(**options)


def test_without_opencv_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingPackage, match=r'pip install "prismrec\[media\]"'):
        Median()(edge())

"""Colour names: patches have the colour anybody would say; what stands out counts more."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from prismrec.encoders.colour_names import COLOURS, ColourNames


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def seen(picture: Image.Image) -> dict[str, float]:
    values = ColourNames()([png(picture)])[0]
    return dict(zip(ColourNames.labels, values.tolist(), strict=True))


@pytest.mark.parametrize(
    ("css", "name"),
    [
        ("crimson", "red"),
        ("darkred", "red"),
        ("darkorange", "orange"),
        ("gold", "yellow"),
        ("forestgreen", "green"),
        ("lime", "green"),
        ("navy", "blue"),
        ("skyblue", "blue"),
        ("purple", "purple"),
        ("hotpink", "pink"),
        ("saddlebrown", "brown"),
        ("tan", "brown"),
        ("black", "black"),
        ("grey", "grey"),
        ("snow", "white"),
    ],
)
def test_a_patch_has_the_colour_of_its_css_name(css: str, name: str) -> None:
    assert seen(Image.new("RGB", (20, 20), css))[name] == pytest.approx(1)


def test_shares_sum_to_one_and_light_to_one() -> None:
    rng = np.random.default_rng(0)
    found = seen(Image.fromarray(rng.integers(0, 256, (50, 70, 3), np.uint8)))
    assert sum(found[name] for name in COLOURS) == pytest.approx(1, abs=1e-5)
    assert found["dark"] + found["bright"] == pytest.approx(1, abs=1e-5)


def test_what_stands_out_counts_for_more_than_its_area() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(picture).rectangle((40, 40, 59, 59), "red")
    assert 0.2 < seen(picture)["red"] < 0.5


def test_tones() -> None:
    night, day = seen(Image.new("RGB", (9, 9), "#101018")), seen(Image.new("RGB", (9, 9), "ivory"))
    assert night["dark"] > 0.9 > 0.1 > day["dark"]
    grey = Image.linear_gradient("L").convert("RGB")
    assert seen(grey)["black and white"] == 1
    assert seen(grey)["colourful"] < 0.05 < 0.9 < seen(Image.new("RGB", (9, 9), "red"))["colourful"]

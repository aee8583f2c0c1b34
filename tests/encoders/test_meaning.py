"""Networks see what they were trained to see, through our decoding and preparation."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from prismrec.registry import build


def test_texts_of_one_meaning_are_close_across_languages() -> None:
    texts = [
        "a green lamp for the desk",
        "绿色的台灯",
        "the loudest rock concert of the year",
        "今年最响亮的摇滚音乐会",
    ]
    unit = build("encoders", "use-multilingual")([text.encode() for text in texts])
    assert np.linalg.norm(unit, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    similar = unit @ unit.T
    assert (
        min(similar[0, 1], similar[2, 3]) > max(similar[0, 2], similar[0, 3], similar[1, 2]) + 0.2
    )


def scene(size: int, *, night: bool = False) -> bytes:
    """A hill under a sun, or a comb of light."""
    picture = Image.new("RGB", (1200, 900), "black" if night else "skyblue")
    draw = ImageDraw.Draw(picture)
    if night:
        for place in range(0, 1200, 60):
            draw.rectangle((place, 0, place + 20, 900), fill="white")
    else:
        draw.ellipse((-200, 500, 1400, 1500), fill="forestgreen")
        draw.ellipse((800, 80, 1000, 280), fill="gold")
    file = io.BytesIO()
    picture.resize((size * 4 // 3, size), Image.Resampling.LANCZOS).save(file, "PNG")
    return file.getvalue()


def test_a_picture_is_close_to_itself_at_another_size() -> None:
    media = [scene(256), scene(700), scene(700, night=True)]
    vectors = build("encoders", "efficientnet-lite0")(media)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > 0.9
    assert unit[0] @ unit[2] < 0.5

"""A small shop of colours, with encoders of pictures and texts that share a space."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prismrec.data.read import read
from prismrec.data.shop import Shop
from prismrec.media import decode_each
from prismrec.media.image import decode_image
from prismrec.types import Floats

PLAIN = {"ruby": (200, 0, 0), "leaf": (0, 180, 0), "sky": (0, 80, 220), "night": (5, 5, 10)}


def png(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(file, "PNG")
    return file.getvalue()


@dataclass(frozen=True)
class MeanColour:
    """Pictures to their mean colour."""

    modality = "image"
    dim = 3
    space = "rgb"
    fingerprint = "mean-colour-0000000000000000"

    def __call__(self, media: Sequence[bytes]) -> Floats:
        pictures = decode_each(media, decode_image)
        return np.array([each.mean(axis=(0, 1)) for each in pictures], np.float32).reshape(-1, 3)


@dataclass(frozen=True)
class ColourWord:
    """Texts to the colours of the stones and things in them."""

    modality = "text"
    dim = 3
    space = "rgb"
    fingerprint = "colour-word-0000000000000000"

    def __call__(self, media: Sequence[bytes]) -> Floats:
        rows = [
            np.sum([np.array(rgb) for word, rgb in PLAIN.items() if word in each.decode()], axis=0)
            for each in media
        ]
        return np.array([row + np.ones(3) for row in rows], np.float32).reshape(-1, 3)


@pytest.fixture
def pictures() -> dict[str, bytes]:
    """A picture of each plain colour."""
    return {name: png(colour) for name, colour in PLAIN.items()}


@pytest.fixture
def encoders() -> dict[str, tuple[Any, ...]]:
    return {"image": (MeanColour(), "colour-names"), "text": (ColourWord(),), "audio": ()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Four items with a picture; two of them have a text, a fifth has only a text."""
    folder = tmp_path / "stones"
    (folder / "images").mkdir(parents=True)
    for name, colour in PLAIN.items():
        (folder / f"images/{name}.png").write_bytes(png(colour))
    (folder / "interactions.csv").write_text("user,item\nann,ruby\n", "utf-8")
    (folder / "items.csv").write_text(
        "item,title,blurb,image\n"
        "ruby,First,a ruby ring,images/ruby.png\n"
        "leaf,Second,,images/leaf.png\n"
        "sky,Third,a kite in the sky,images/sky.png\n"
        "night,Fourth,,images/night.png\n"
        "word,Fifth,the ruby throne,\n",
        "utf-8",
    )
    (folder / "shop.toml").write_text('[items]\ntitle = "title"\ntext = ["blurb"]\n', "utf-8")
    return read(folder)

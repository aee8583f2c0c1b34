"""A video column gives the picture and the sound of items that have none of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from faults.film import film
from prismrec.data.read import read
from prismrec.encode import encode


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "interactions.csv").write_text("user,item\nann,a\nann,b\nbob,c\n", "utf-8")
    lines = ["item,title,image,video", "a,Own picture,own.png,a.mp4", "b,Film,,b.mp4", "c,None,,"]
    (tmp_path / "items.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "a.mp4").write_bytes(film("mp4", seed=1, sound=True))
    (tmp_path / "b.mp4").write_bytes(film("mp4", seed=2, sound=True))
    from PIL import Image

    Image.new("RGB", (32, 32), "red").save(tmp_path / "own.png")
    return tmp_path


def test_own_media_come_first(shop: Path) -> None:
    found = read(shop)
    assert found.item_media["image"].values == ("own.png", "b.mp4", None)
    assert found.item_media["audio"].values == ("a.mp4", "b.mp4", None)
    assert "mp4" not in str(found.item_media["text"].values)


def test_a_video_is_seen_and_heard(shop: Path) -> None:
    data = encode(read(shop), image="colour-histogram", text=None, audio="mfcc")
    for modality in ("image", "audio"):
        assert data.items[modality].present.tolist() == [True, True, False]
    looks = data.items["image"].values
    assert not np.allclose(looks[0], looks[1])


def test_the_column_may_have_another_name(shop: Path) -> None:
    text = (shop / "items.csv").read_text("utf-8").replace("video", "trailer")
    (shop / "items.csv").write_text(text, "utf-8")
    (shop / "shop.toml").write_text('[items]\nvideo = "trailer"\n', "utf-8")
    assert read(shop).item_media["audio"].values == ("a.mp4", "b.mp4", None)

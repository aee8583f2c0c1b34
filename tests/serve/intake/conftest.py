"""A small shop with pictures, texts and sounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from prismrec.data.read import read
from prismrec.data.shop import Shop
from serve.intake.making import COLOURS, TONES, a_picture, a_sound


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Four items with a picture; three have a sound and a text as well."""
    folder = tmp_path / "stones"
    for name in ("images", "audio"):
        (folder / name).mkdir(parents=True)
    for name, colour in COLOURS.items():
        (folder / f"images/{name}.png").write_bytes(a_picture(colour))
    for name, tone in TONES.items():
        (folder / f"audio/{name}.wav").write_bytes(a_sound(tone))
    (folder / "interactions.csv").write_text("user,item\nann,ruby\n", "utf-8")
    (folder / "items.csv").write_text(
        "item,title,blurb,image,audio\n"
        "ruby,First,a ruby ring by a river,images/ruby.png,audio/ruby.wav\n"
        "leaf,Second,leaves of an old oak,images/leaf.png,audio/leaf.wav\n"
        "sky,Third,风筝在天上飞,images/sky.png,audio/sky.wav\n"
        "sun,Fourth,,images/sun.png,\n",
        "utf-8",
    )
    toml = '[items]\ntitle = "title"\ntext = ["blurb"]\nimage = "image"\naudio = "audio"\n'
    (folder / "shop.toml").write_text(toml, "utf-8")
    return read(folder)

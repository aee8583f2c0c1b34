"""Real pictures, texts and sounds through the default encoders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prismrec.data.read import read
from prismrec.data.shop import Media, Shop
from prismrec.encode import choose_encoders, encode_media
from prismrec.store.memory import MemoryStore
from prismrec.store.sqlite import default_path

pytestmark = pytest.mark.data


def some_of(shop: Shop, rows: list[int]) -> Shop:
    """The same shop with the media of a few items only."""
    media = {
        name: Media(name, tuple(v if i in rows else None for i, v in enumerate(found.values)))
        for name, found in shop.item_media.items()
    }
    return replace(shop, item_media=media)


def test_pictures_texts_and_cries(data_dir: Path) -> None:
    shop = some_of(read(data_dir / "pokemon-vgc"), [0, 1, 2, 3])
    out = encode_media(shop, choose_encoders(shop), store=MemoryStore())
    assert out.problems == ()
    assert {name: feature.dim for name, feature in out.data.items.items()} == {
        "image": 1280,
        "text": 512,
        "audio": 200,
    }
    for feature in out.data.items.values():
        assert np.flatnonzero(feature.present).tolist() == [0, 1, 2, 3]
        assert len(np.unique(feature.values[:4], axis=0)) == 4


def test_songs_of_one_genre_are_closer(data_dir: Path) -> None:
    """Classical music and rock, ten songs of each; by chance half of the neighbours agree."""
    rows = [*range(10), *range(100, 110)]
    shop = some_of(read(data_dir / "emotify"), rows)
    encoders = choose_encoders(shop, text=None)
    values = encode_media(shop, encoders, store=MemoryStore()).data.items["audio"].values[rows]
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    similar = unit @ unit.T - 2 * np.eye(len(unit))
    rock = np.arange(20) >= 10
    assert (rock[similar.argmax(axis=1)] == rock).mean() >= 0.9


@pytest.mark.parametrize("name", ["pokemon-vgc", "emotify", "movielens-posters"])
def test_the_data_stay_untouched(data_dir: Path, name: str) -> None:
    folder = data_dir / name
    if not folder.stat().st_mode & 0o200:
        assert not default_path(folder).is_relative_to(folder.resolve())

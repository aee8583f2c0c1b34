"""The real data sets, by the counts that their owners publish."""

from __future__ import annotations

import numpy as np
import pytest

from prismrec.data.read import read

pytestmark = pytest.mark.data

SHOPS = {  # users, items, rows of the log that count, parts of the split
    "amazon-baby": (19445, 7050, 160792, (118551, 20559, 21682)),
    "emotify": (466, 400, 3171, None),
    "lastfm-audio": (1858, 1425, 56345, (44327, 4799, 7219)),
    "movielens-posters": (943, 1682, 100000, (90570, 0, 9430)),
    "pokemon-vgc": (1894, 220, 18988, (14226, 2381, 2381)),
    "tiktok": (9308, 6710, 68722, (59541, 3051, 6130)),
}


@pytest.mark.parametrize("name", SHOPS)
def test_counts(data_dir, name):
    shop = read(data_dir / name)
    n_users, n_items, n_rows, parts = SHOPS[name]
    found = (len(shop.user_ids), len(shop.item_ids), len(shop.interactions))
    assert found == (n_users, n_items, n_rows)
    for label in shop.interactions.labels.values():
        assert tuple(np.bincount(label, minlength=3).tolist()) == parts


def test_media(data_dir):
    films = read(data_dir / "movielens-posters").item_media
    assert round(films["image"].coverage * 1682) == 1663
    assert films["text"].values[0].startswith("Toy Story (1995)\nAnimation")
    assert "1995.0" not in films["text"].values[0]
    assert read(data_dir / "emotify").item_media["text"].values[0] == "classical"
    assert set(read(data_dir / "pokemon-vgc").item_media) == {"image", "audio", "text"}

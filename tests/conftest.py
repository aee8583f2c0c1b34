"""What tests share: the folder of real data, and small shops and logs made on the spot."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary

WriteShop = Callable[..., Path]
MakeDataset = Callable[..., Dataset]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real data sets, one shop each; tests that need it carry the marker `data`."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PRISMREC_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no real data: set PRISMREC_DATA to the folder that holds it")
    return folder


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep converted weights and vectors of the tests out of the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRISMREC_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def write_shop(tmp_path: Path) -> WriteShop:
    """Write a shop: keyword = file stem, value = text of a csv, toml, or array of features.

    write_shop(interactions="user,item\\nann,lamp\\n", toml="...", features={"image": array},
    files={"covers/1.png": b"..."})
    """

    def write(
        *,
        toml: str | None = None,
        features: dict[str, np.ndarray] | None = None,
        files: dict[str, bytes] | None = None,
        **tables: str | bytes,
    ) -> Path:
        folder = tmp_path / "shop"
        folder.mkdir(exist_ok=True)
        for stem, text in tables.items():
            raw = text.encode() if isinstance(text, str) else text
            (folder / f"{stem}.csv").write_bytes(raw)
        if toml is not None:
            (folder / "shop.toml").write_text(toml, "utf-8")
        for name, array in (features or {}).items():
            (folder / "features").mkdir(exist_ok=True)
            np.save(folder / "features" / f"{name}.npy", array)
        for place, raw in (files or {}).items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(raw)
        return folder

    return write


@pytest.fixture(scope="session")
def make_dataset() -> MakeDataset:
    """Make a log of taste: each user prefers one of `groups` groups of items.

    The features "image" and "text" tell the groups apart; every tenth item lacks its image.
    Times rise along the log. Same arguments, same data set.
    """

    def make(
        n_users: int = 60, n_items: int = 40, *, events: int = 12, groups: int = 4, seed: int = 0
    ) -> Dataset:
        rng = np.random.default_rng(seed)
        group_of_item = np.arange(n_items) % groups
        taste = np.arange(n_users) % groups
        users = rng.permutation(np.repeat(np.arange(n_users), events))
        same = rng.random(len(users)) < 0.8
        drawn = rng.integers(0, n_items, len(users))
        within = rng.integers(0, n_items // groups, len(users)) * groups + taste[users]
        items = np.where(same, within, drawn)
        times = 1_700_000_000 + np.arange(len(users)) * 3600
        return Dataset(
            Interactions.of(users, items, time=times),
            Vocabulary(tuple(f"u{row}" for row in range(n_users))),
            Vocabulary(tuple(f"i{row}" for row in range(n_items))),
            {
                "image": _feature(group_of_item, rng, noise=1.0, gaps=10),
                "text": _feature(group_of_item, rng, noise=0.3),
            },
        )

    return make


def _feature(groups: np.ndarray, rng: np.random.Generator, *, noise: float, gaps: int = 0):
    centres = rng.normal(size=(groups.max() + 1, 8))
    values = centres[groups] + noise * rng.normal(size=(len(groups), 8))
    present = np.ones(len(groups), bool)
    if gaps:
        present[gaps - 1 :: gaps] = False
    return Feature.of(values.astype(np.float32), present)

"""A small shop and models of it, made once for all tests of whole servers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from serve.postgres import Postgres, postgres
from serve.system.running import fit_model, write_shop

__all__ = ["address", "made", "own", "postgres"]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `shop`, `prism` that reads media, and `knn` that does not."""
    folder = tmp_path_factory.mktemp("made")
    shop = write_shop(folder / "shop")
    fit_model(shop, folder / "prism")
    fit_model(shop, folder / "knn", "item-knn", media=False)
    return folder


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "own"))


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database, in a file or in a PostgreSQL that the tests start."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'serve.sqlite'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from prismrec.data.demo import make_shop


@pytest.fixture(scope="session")
def asked() -> dict[str, Any]:
    return {"items": 32, "users": 40, "seed": 3}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, asked: dict[str, Any]) -> Path:
    return make_shop(tmp_path_factory.mktemp("demo") / "shop", **asked)


@pytest.fixture(scope="session")
def truth(shop: Path) -> dict[str, Any]:
    out: dict[str, Any] = json.loads((shop / "truth.json").read_text("utf-8"))
    return out


@pytest.fixture(scope="session")
def items(shop: Path) -> pl.DataFrame:
    return pl.read_csv(shop / "items.csv")


@pytest.fixture(scope="session")
def log(shop: Path) -> pl.DataFrame:
    return pl.read_csv(shop / "interactions.csv")

"""A small shop with a log in time order and ready features, and a way to run commands on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

Ask = Callable[..., Any]


@pytest.fixture
def ask() -> Ask:
    """Run a command with --json and return what it printed; its exit code must be 0."""

    def run(*arguments: object) -> Any:
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 users x 30 items in three groups; a user keeps to a group, the image tells the group."""
    folder = tmp_path_factory.mktemp("cli") / "shop"
    (folder / "features").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = ["user,item,timestamp"]
    for moment in range(400):
        user = int(rng.integers(40))
        item = int(rng.integers(9)) * 3 + user % 3  # items 27 to 29 are never used
        rows.append(f"u{user},i{item},{1_700_000_000 + moment * 3600}")
    (folder / "interactions.csv").write_text("\n".join(rows) + "\n", "utf-8")
    items = ["item,title", *(f"i{row},Lamp {row} 灯" for row in range(30))]
    (folder / "items.csv").write_text("\n".join(items) + "\n", "utf-8")
    (folder / "shop.toml").write_text("[items]\ntext = []\n", "utf-8")  # no encoder is needed
    looks = np.eye(3)[np.arange(30) % 3] + rng.normal(0, 0.1, (30, 3))
    np.save(folder / "features" / "image.npy", looks.astype(np.float32))
    return folder

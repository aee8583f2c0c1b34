"""Another package brings a model and a fusion, and everything of ours works with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prismrec import registry

pytest.importorskip("torch")

TOY = '''
"""What somebody else wrote."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import nn

from prismrec.fusion import masked
from prismrec.rankers import Towers
from prismrec.train import Training


@dataclass(frozen=True)
class Favourite:
    """Ranks one item first."""

    item: int = 0  # its row

    def fit(self, train, how=Training()):
        items = np.zeros((train.n_items, 1), np.float32)
        items[self.item] = 1
        return Towers(np.ones((train.n_users, 1), np.float32), items, about={"item": self.item})


@dataclass(frozen=True)
class Loudest:
    """The largest value of any modality in each dimension."""

    symmetric: ClassVar[bool] = True

    def build(self, n_modalities, dim):
        return _Loudest()


class _Loudest(nn.Module):
    def forward(self, x, present):
        return masked(x, present).amax(dim=1)
'''
POINTS = """
[prismrec.models]
favourite = toy_shelf:Favourite

[prismrec.fusions]
loudest = toy_shelf:Loudest
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed package in it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "toy_shelf.py").write_text(TOY, "utf-8")
    about = folder / "toy_shelf-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-shelf\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy") / "shop"
    folder.mkdir()
    rows = [f"u{user},i{item}" for user in range(12) for item in range(8) if (user + item) % 3]
    (folder / "interactions.csv").write_text("\n".join(["user,item", *rows]) + "\n")
    lamps = [f"i{row},lamp {row}" for row in range(8)]
    (folder / "items.csv").write_text("\n".join(["item,title", *lamps]) + "\n")
    return folder


def prismrec(package: Path, *arguments: object) -> Any:
    command = [sys.executable, "-c", "from prismrec.cli import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *map(str, arguments), "--json"],
        capture_output=True, text=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_they_are_listed_with_their_fields(package: Path) -> None:
    told = prismrec(package, "list", "models", "favourite")
    assert told["summary"] == "Ranks one item first."
    assert told["fields"] == [{"name": "item", "default": 0, "meaning": "its row"}]
    fusions = [entry["name"] for entry in prismrec(package, "list", "fusions")]
    assert "loudest" in fusions
    assert set(registry.names("fusions")) < set(fusions)


def test_their_model_is_fitted_saved_and_asked(package: Path, shop: Path, tmp_path: Path) -> None:
    options = ("--model", "favourite", "--set", "item=5", "--text", "none")
    prismrec(package, "fit", shop, "--out", tmp_path / "m", *options)
    found = prismrec(package, "recommend", tmp_path / "m", "--history", "i1", "-k", "1")
    assert found["items"][0]["item"] == "i5"


def test_a_model_of_ours_uses_their_fusion(package: Path, shop: Path, tmp_path: Path) -> None:
    options = ("--model", "vbpr:fusion=loudest:dim=8", "--epochs", "2", "--text", "tfidf:dim=16")
    prismrec(package, "fit", shop, "--out", tmp_path / "m", *options)
    found = prismrec(package, "recommend", tmp_path / "m", "--user", "u1", "-k", "2")
    assert len(found["items"]) == 2
    about = json.loads((tmp_path / "m" / "manifest.json").read_text())["meta"]["about"]
    assert about["fusion"] == "loudest"

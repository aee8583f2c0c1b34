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


RUN = """
import json, sys
from typer.testing import CliRunner
from prismrec.cli.app import app

said = []
for command in json.loads(sys.argv[1]):
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exit_code == 0, (command, done.output, done.exception)
    said.append(json.loads(done.stdout))
json.dump(said, sys.stdout)
"""


@pytest.fixture(scope="module")
def said(package: Path, shop: Path) -> list[Any]:
    """What our commands say in a process that has the package; one process, for torch is slow."""
    one, two = shop.parent / "one", shop.parent / "two"
    theirs = ["--model", "favourite", "--set", "item=5", "--text", "none"]
    ours = ["--model", "vbpr:fusion=loudest:dim=8", "--epochs", "2", "--text", "tfidf:dim=16"]
    commands = [
        ["list", "models", "favourite"],
        ["list", "models"],
        ["list", "fusions"],
        ["fit", shop, "--out", one, *theirs],
        ["recommend", one, "--user", "u1", "-k", "1"],
        ["fit", shop, "--out", two, *ours],
        ["recommend", two, "--user", "u1", "-k", "2"],
    ]
    environment = {**os.environ, "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands, default=str)],
        capture_output=True, text=True, env=environment, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_they_are_listed_with_their_fields(said: list[Any]) -> None:
    told, models, fusions = said[:3]
    assert told["summary"] == "Ranks one item first."
    assert told["fields"] == [{"name": "item", "default": 0, "meaning": "its row"}]
    assert {e["name"] for e in models} == {*registry.names("models"), "favourite"}
    assert {e["name"] for e in fusions} == {*registry.names("fusions"), "loudest"}


def test_their_model_is_fitted_saved_and_asked(said: list[Any]) -> None:
    assert said[3]["model"] == "favourite:item=5"
    assert [item["item"] for item in said[4]["items"]] == ["i5"]


def test_a_model_of_ours_uses_their_fusion(said: list[Any], shop: Path) -> None:
    about = json.loads((shop.parent / "two" / "manifest.json").read_text())["meta"]["about"]
    assert about["fusion"] == "loudest"
    assert len(said[6]["items"]) == 2

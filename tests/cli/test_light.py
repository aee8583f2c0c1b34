"""`prismrec light`: small models from fitted ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app
from prismrec.fitted import keep, open_model
from prismrec.rankers.content_towers import ContentTowers, ItemNetwork, Layer, Reader
from prismrec.rankers.int8_towers import Int8Towers
from prismrec.rankers.towers import Towers
from prismrec.reduction.projection import Projection

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def model(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """item-knn, fitted on the train part of a split by time."""
    folder = tmp_path_factory.mktemp("models") / "knn"
    options = ["--model", "item-knn", "--split", "time", "--out", str(folder)]
    assert CliRunner().invoke(app, ["fit", str(shop), *options]).exit_code == 0
    return folder


def test_a_light_model_is_asked_and_judged_as_any_other(
    shop: Path, model: Path, tmp_path: Path, ask: Ask
) -> None:
    out, file = tmp_path / "small", tmp_path / "small.onnx"
    made = ask("light", model, "--out", out, "--dim", 8, "--int8", "--onnx", file, "--shop", shop)
    large, small, onnx = made["rows"]
    assert isinstance(open_model(out).ranker, Int8Towers)
    assert (large["kind"], small["kind"], onnx["kind"]) == ("item-weights", "int8-towers", "onnx")
    assert large["agreement"] == 1
    assert small["agreement"] > 0.8  # 20 of at most 29 items
    assert small["recall@20"] > 0.9 * large["recall@20"]
    assert onnx["bytes"] == file.stat().st_size
    assert all(0 < row["median_ms"] <= row["p95_ms"] for row in made["rows"])
    judged = ask("evaluate", out, shop, "-k", "20")["all_items"]["metrics"]["recall@20"]["mean"]
    assert judged == small["recall@20"]
    assert ask("recommend", out, "--user", "u1")["items"]


def test_without_a_shop_it_is_compared_all_the_same(model: Path, tmp_path: Path, ask: Ask) -> None:
    large, small = ask("light", model, "--out", tmp_path / "small", "--no-media")["rows"]
    assert "recall@20" not in large
    assert small["kind"] == "towers"


def test_the_table_says_what_was_measured(model: Path, shop: Path, tmp_path: Path) -> None:
    options = ["--out", str(tmp_path / "s"), "--dim", "2", "--shop", str(shop)]
    shown = CliRunner().invoke(app, ["light", str(model), *options]).stdout
    for head in ("kB", "median ms", "p95 ms", "same items", "recall@20", "ndcg@20"):
        assert head in shown


def test_a_content_tower_as_it_is_goes_to_two_files(
    shop: Path, model: Path, tmp_path: Path, ask: Ask
) -> None:
    fitted = open_model(model)
    rng = np.random.default_rng(0)
    users, items = (rng.normal(size=(n, 3)).astype(np.float32) for n in (40, 30))
    layer = Layer(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    reader = Reader(Projection(np.zeros(3, np.float32)), layer)
    network = ItemNetwork({"image": reader}, (layer,))
    folder = tmp_path / "tower"
    small = ContentTowers(Towers(users, items), network)
    keep(replace(fitted, ranker=small, projections={}), folder)
    options = ("--as-is", "--int8", "--onnx", tmp_path / "t.onnx")
    made = ask("light", folder, "--out", tmp_path / "small", *options)
    assert [row["kind"] for row in made["rows"]][1:] == ["int8-towers", "onnx", "onnx"]
    assert (tmp_path / "t-items.onnx").is_file()
    assert made["rows"][1]["agreement"] > 0.95


def test_what_cannot_be_done_is_said(shop: Path, model: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    refused = run(app, ["light", str(model), "--out", str(tmp_path / "a"), "--as-is"])
    assert refused.exit_code == 1
    assert "no towers" in refused.stderr
    whole = tmp_path / "whole"
    run(app, ["fit", str(shop), "--model", "popularity", "--out", str(whole)])
    refused = run(app, ["light", str(whole), "--out", str(tmp_path / "b"), "--shop", str(shop)])
    assert refused.exit_code == 1
    assert "whole log" in refused.stderr

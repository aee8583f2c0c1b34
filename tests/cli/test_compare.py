"""The tables of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

Ask = Callable[..., Any]


def test_json_has_a_result_per_model_and_seed(shop: Path, ask: Ask) -> None:
    models = "popularity,item-knn:user-power=0.5"
    found = ask("compare", shop, "--models", models, "--split", "random", "--seeds", "2", "-k", "5")
    assert found["shop"] == "shop"
    assert found["split"] == "random"
    assert [(r["model"], r["seed"]) for r in found["results"]] == [
        ("popularity", 0),
        ("item-knn:user-power=0.5", 0),
        ("popularity", 1),
        ("item-knn:user-power=0.5", 1),
    ]
    first = found["results"][0]
    assert first["fit_seconds"] >= 0
    assert set(first["metrics"]["recall@5"]) == {"mean", "low", "high"}


def test_the_split_is_chosen_by_the_log(shop: Path, ask: Ask) -> None:
    assert ask("compare", shop, "--models", "popularity")["split"] == "time"


def test_new_items_have_a_table_of_their_own(shop: Path) -> None:
    arguments = ["compare", str(shop), "--models", "popularity,content-knn", "--split", "new-items"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    tables = result.stdout.split("New items")
    assert len(tables) == 2
    assert all("content-knn" in table and "recall@20" in table for table in tables)


@pytest.mark.parametrize("k", ["0", "ten", ""])
def test_cut_offs_are_whole_numbers(shop: Path, k: str) -> None:
    arguments = ["compare", str(shop), "--models", "popularity", "-k", k]
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_an_unknown_model_is_refused_with_near_names(shop: Path) -> None:
    result = CliRunner().invoke(app, ["compare", str(shop), "--models", "populrity"])
    assert result.exit_code == 1
    assert "popularity" in result.stderr


def test_options_of_the_training_hold_for_every_model(shop: Path, ask: Ask) -> None:
    pytest.importorskip("torch")
    models = "bpr:epochs=1,bpr"
    found = ask("compare", shop, "--models", models, "--epochs", "1", "-k", "5")["results"]
    assert found[0]["metrics"] == found[1]["metrics"]
    bad = ask("compare", shop, "--models", "popularity,bpr", "--device", "abacus")["results"]
    assert "skipped" not in bad[0]
    assert "no device" in bad[1]["skipped"]

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


def test_several_splits_in_one_call(shop: Path, ask: Ask) -> None:
    found = ask("compare", shop, "--models", "popularity", "--split", "time,random", "-k", "5")
    assert found["split"] == "time,random"
    assert [standing["split"] for standing in found["standings"]] == ["time", "random"]
    assert {r["split"] for r in found["results"]} == {"time", "random"}


def test_every_pair_of_models_is_tested(shop: Path, ask: Ask) -> None:
    found = ask("compare", shop, "--models", "popularity,item-knn,random", "-k", "5")
    tests = found["standings"][0]["significance"]["all_items"]
    assert len(tests) == 3 * 2
    assert {test["metric"] for test in tests} == {"recall@5", "ndcg@5"}
    assert all(test["bootstrap"] <= test["bootstrap_holm"] <= 1 for test in tests)


def test_kept_runs_are_read_again(shop: Path, ask: Ask, tmp_path: Path) -> None:
    question = ("compare", shop, "--models", "popularity", "-k", "5", "--out", tmp_path / "runs")
    first, second = ask(*question), ask(*question)
    assert first == second  # the seconds too: nothing was fitted again
    file = next((tmp_path / "runs").glob("popularity-*.parquet"))
    file.write_bytes(b"torn")
    said = CliRunner().invoke(app, [*map(str, question)])
    assert said.exit_code == 0
    lines = [line for line in said.stderr.splitlines() if "done again" in line]
    assert len(lines) == 1
    assert file.name in lines[0]


def test_a_knock_out_has_a_table(shop: Path, ask: Ask, tmp_path: Path) -> None:
    models, ways = "content-knn,popularity", "missing,shuffled"
    question = ["compare", str(shop), "--models", models, "--knock-out", ways]
    question += ["--out", str(tmp_path)]  # so that nothing is fitted twice
    found = ask(*question)["standings"][0]["knock_outs"]
    assert {(each["model"], each["modality"], each["way"]) for each in found} == {
        (model, "image", way) for model in models.split(",") for way in ways.split(",")
    }
    shown = CliRunner().invoke(app, question, env={"COLUMNS": "200"}).stdout
    assert "Knocked out, all items" in shown
    assert "no change of all items in ndcg@20: popularity" in shown
    assert "shuffled" in shown


def test_the_columns_of_a_table_can_be_chosen(shop: Path) -> None:
    arguments = ["compare", str(shop), "--models", "popularity", "--metrics", "novelty,gini@20"]
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert all(name in shown.stdout for name in ("novelty@10", "novelty@20", "gini@20"))
    assert "recall" not in shown.stdout
    arguments[-1] = "beauty"
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 1
    assert "novelty" in refused.stderr


def test_the_page_and_the_lists_are_written(shop: Path, ask: Ask, tmp_path: Path) -> None:
    page, lists = tmp_path / "report.html", tmp_path / "lists"
    ask(
        *("compare", shop, "--models", "popularity,content-knn", "-k", "5"),
        *("--html", page, "--export", lists),
    )
    text = page.read_text("utf-8")
    assert "<html" in text
    assert "content-knn" in text
    assert len(list(lists.glob("*.run.trec"))) == 2
    assert len(list(lists.glob("*.qrels.trec"))) == 1
    absent = tmp_path / "no" / "folder" / "report.html"
    refused = CliRunner().invoke(
        app, ["compare", str(shop), "--models", "popularity", "--html", str(absent)]
    )
    assert refused.exit_code == 1
    assert "choose another" in refused.stderr

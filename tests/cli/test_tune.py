"""`prismrec tune`, and what `fit` and `compare` make of its file."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

pytest.importorskip("optuna")
Ask = Callable[..., Any]
KNN = ["--model", "item-knn", "--metric", "recall@5"]


def test_json_has_every_trial_and_the_command_that_measures_the_best(
    shop: Path, ask: Ask, tmp_path: Path
) -> None:
    out = tmp_path / "best.toml"
    found = ask("tune", shop, *KNN, "--trials", "3", "--epochs", "7", "--out", out)
    assert found["shop"] == "shop"
    assert found["split"] == "time"
    assert [trial["number"] for trial in found["trials"]] == [0, 1, 2]
    assert set(found["default"]["metrics"]["recall@5"]) == {"mean", "low", "high"}
    best, default = (found[which]["metrics"]["recall@5"]["mean"] for which in ("best", "default"))
    assert best >= default
    command = shlex.split(found["measure"])
    assert command[:2] == ["prismrec", "compare"]
    assert command[-4:] == ["--split", "time", "--epochs", "7"]
    compared = ask(*command[1:])
    assert {result["model"] for result in compared["results"]} == {"item-knn", found["spec"]}


def test_fit_takes_the_file(shop: Path, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "best.toml"
    found = ask("tune", shop, *KNN, "--trials", "2", "--out", file)
    fitted = ask("fit", shop, "--out", tmp_path / "model", "--model", f"@{file}")
    assert fitted["model"] == found["spec"]
    one = ask("fit", shop, "--out", tmp_path / "one", "--model", f"@{file}", "--set", "shrinkage=3")
    assert one["model"] == f"{found['spec']}:shrinkage=3"


@pytest.mark.parametrize("command", ["fit", "compare"])
def test_a_file_with_an_unknown_field_is_refused_in_one_line(
    shop: Path, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('model = "item-knn"\n[fields]\ndepth = 3\n', "utf-8")
    flags = {"fit": ["--out", str(tmp_path / "m"), "--model"], "compare": ["--models"]}[command]
    result = CliRunner().invoke(app, [command, str(shop), *flags, f"@{file}"])
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "depth" in result.stderr
    assert "bad.toml" in result.stderr


def test_the_page_says_what_was_found_and_that_it_flatters(shop: Path, tmp_path: Path) -> None:
    arguments = ["tune", str(shop), *KNN, "--trials", "12", "--study", str(tmp_path / "s.sqlite")]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    words = ["default", "best (trial", "12 trials", "importance", "left to the model", "flatters"]
    assert [word for word in words if word not in result.stdout] == []
    assert f"prismrec compare {shop} --models item-knn,item-knn" in result.stdout
    again = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert again.stdout == result.stdout


def test_few_trials_say_nothing_of_importance(shop: Path) -> None:
    result = CliRunner().invoke(app, ["tune", str(shop), *KNN, "--trials", "2"])
    assert "too few to say which field matters" in " ".join(result.stdout.split())


def test_a_model_without_a_choice_is_refused_in_words(shop: Path) -> None:
    result = CliRunner().invoke(app, ["tune", str(shop), "--model", "prism"])
    assert result.exit_code == 1
    assert "chooses for itself" in result.stderr
    assert len(result.stderr.splitlines()) == 1

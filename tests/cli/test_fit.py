"""Fitting, judging and asking through the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

Ask = Callable[..., Any]
run = CliRunner().invoke


@pytest.fixture(scope="module")
def model(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """item-knn, fitted on the train part of a split by time."""
    folder = tmp_path_factory.mktemp("models") / "knn"
    fit(shop, folder, "--model", "item-knn", "--split", "time")
    return folder


def fit(shop: Path, out: Path, *options: str) -> None:
    result = run(app, ["fit", str(shop), "--out", str(out), *options])
    assert result.exit_code == 0, result.output


def refused(*arguments: object) -> str:
    result = run(app, [*map(str, arguments)])
    assert result.exit_code == 1, result.output
    assert not result.stdout
    return result.stderr


def test_fit_says_what_it_made(shop: Path, tmp_path: Path, ask: Ask) -> None:
    made = ask("fit", shop, "--out", tmp_path / "m", "--model", "popularity", "--seed", 3)
    assert made["model"] == "popularity"
    assert made["split"] is None
    assert made["seed"] == 3
    assert Path(made["path"]).is_dir()


def test_fields_are_set_one_by_one_or_in_the_name(shop: Path, tmp_path: Path, ask: Ask) -> None:
    one = ask(
        "fit", shop, "--out", tmp_path / "a", "--model", "item-knn", "--set", "user-power=0.5"
    )
    two = ask("fit", shop, "--out", tmp_path / "b", "--model", "item-knn:user-power=0.5")
    assert one["model"] == two["model"]
    assert "user_power" in refused("fit", shop, "--out", tmp_path / "c", "--model", "item-knn:x=1")


def test_a_model_is_judged_on_what_was_kept_from_it(shop: Path, model: Path, ask: Ask) -> None:
    found = ask("evaluate", model, shop, "-k", "5")
    assert found["split"] == "time"
    recall = found["all_items"]["metrics"]["recall@5"]
    assert recall["low"] <= recall["mean"] <= recall["high"]
    assert recall["mean"] > 0.3  # a group has 9 items, of which most are seen; chance is far lower


def test_another_split_is_a_leak(shop: Path, model: Path) -> None:
    assert "would have seen" in refused("evaluate", model, shop, "--split", "random")


def test_a_model_of_the_whole_log_cannot_be_judged(shop: Path, tmp_path: Path) -> None:
    fit(shop, tmp_path / "m", "--model", "popularity")
    assert "whole log" in refused("evaluate", tmp_path / "m", shop)


def test_a_log_that_changed_is_refused(shop: Path, model: Path, tmp_path: Path) -> None:
    changed = tmp_path / "shop"
    shutil.copytree(shop, changed)
    with (changed / "interactions.csv").open("a") as log:
        log.write("u1,i1,1700000001\n")
    assert "not the one" in refused("evaluate", model, changed)


def test_refit_trains_on_valid_too(shop: Path, tmp_path: Path, ask: Ask) -> None:
    options = ("--model", "popularity", "--split", "time", "--refit")
    fit(shop, tmp_path / "m", *options)
    assert ask("evaluate", tmp_path / "m", shop)["refit"] is True


def test_recommend_leaves_out_what_was_used(shop: Path, model: Path, ask: Ask) -> None:
    found = ask("recommend", model, "--user", "u1", "-k", "5")
    assert found["user"] == "u1"
    log = (shop / "interactions.csv").read_text("utf-8")
    scores = [item["score"] for item in found["items"]]
    assert scores == sorted(scores, reverse=True)
    assert found["items"][0]["title"].startswith("Lamp ")
    early = log.splitlines()[: int(400 * 0.75)]
    assert not [i for i in found["items"] if any(r.startswith(f"u1,{i['item']},") for r in early)]


def test_an_explanation_adds_up_to_the_score(model: Path, ask: Ask) -> None:
    best = ask("recommend", model, "--user", "u1", "-k", "1")["items"][0]
    told = ask("explain", model, "--user", "u1", "--item", best["item"])
    assert told["score"] == pytest.approx(best["score"], rel=1e-4)
    assert sum(told["by_modality"].values()) == pytest.approx(told["score"], rel=1e-4)
    assert told["by_item"][0]["title"].startswith("Lamp ")
    shown = run(app, ["explain", str(model), "--user", "u1", "--item", best["item"]])
    assert told["by_item"][0]["item"] in shown.stdout
    assert "no item" in refused("explain", model, "--user", "u1", "--item", "nothing")


def test_a_stranger_is_known_by_a_history(model: Path, ask: Ask) -> None:
    found = ask("recommend", model, "--history", "i0,i3", "-k", "4")
    assert {int(item["item"][1:]) % 3 for item in found["items"]} == {0}


@pytest.mark.parametrize(
    ("options", "says"),
    [(["--user", "nobody"], "no user"), (["--history", "i0,nothing"], "no item")],
)
def test_an_unknown_name_is_refused(model: Path, options: list[str], says: str) -> None:
    assert says in refused("recommend", model, *options)


@pytest.mark.parametrize("options", [[], ["--user", "u1", "--history", "i1"]])
def test_one_person_at_a_time(model: Path, options: list[str]) -> None:
    assert run(app, ["recommend", str(model), *options]).exit_code == 2


def test_damage_is_refused(model: Path, tmp_path: Path) -> None:
    for number, spoil in enumerate((_cut_log, _other_log, _other_model, _no_record)):
        copy = tmp_path / str(number)
        shutil.copytree(model, copy)
        spoil(copy)
        assert "fit it again" in refused("recommend", copy, "--user", "u1")


def _cut_log(folder: Path) -> None:
    log = next(folder.glob("log-*.npz"))
    log.write_bytes(log.read_bytes()[:100])


def _other_log(folder: Path) -> None:
    record = json.loads((folder / "fit.json").read_text("utf-8"))
    (folder / "fit.json").write_text(json.dumps(record | {"log": "0" * 64}), "utf-8")


def _other_model(folder: Path) -> None:
    record = json.loads((folder / "fit.json").read_text("utf-8"))
    (folder / "fit.json").write_text(json.dumps(record | {"manifest": "0" * 64}), "utf-8")


def _no_record(folder: Path) -> None:
    (folder / "fit.json").unlink()


def test_fitting_again_replaces_the_model(shop: Path, tmp_path: Path, ask: Ask) -> None:
    fit(shop, tmp_path / "m", "--model", "popularity")
    fit(shop, tmp_path / "m", "--model", "popularity", "--split", "time")
    assert ask("evaluate", tmp_path / "m", shop)["model"] == "popularity"
    assert len(list((tmp_path / "m").glob("log-*.npz"))) == 1

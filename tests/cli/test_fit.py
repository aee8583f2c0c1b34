"""Fitting, judging and asking through the command line."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
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
    assert {"auc", "novelty@5", "diversity-image@5"} <= set(found["all_items"]["metrics"])
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


def test_options_of_the_training_are_taken_and_its_curves_are_kept(
    shop: Path, tmp_path: Path, ask: Ask
) -> None:
    pytest.importorskip("torch")
    options = ("--epochs", "4", "--patience", "3", "--device", "cpu", "--split", "time")
    made = ask("fit", shop, "--out", tmp_path / "m", "--model", "bpr", *options)
    assert made["training"] == {
        "device": "cpu",
        "precision": "32-true",
        "processes": 1,
        "epochs": 4,
        "patience": 3,
    }
    about = json.loads((tmp_path / "m" / "manifest.json").read_text("utf-8"))["meta"]["about"]
    assert len(about["losses"]) == len(about["figures"]) == 4
    assert about["losses"][-1] < about["losses"][0]
    assert not (tmp_path / "m" / ".training").exists()


@pytest.mark.parametrize(
    ("option", "says"),
    [(("--device", "abacus"), "no device"), (("--precision", "8"), "precision is one of")],
)
def test_what_a_training_cannot_have_is_one_line(
    shop: Path, tmp_path: Path, option: tuple[str, str], says: str
) -> None:
    pytest.importorskip("torch")
    told = refused("fit", shop, "--out", tmp_path / "m", "--model", "bpr", *option)
    assert says in told
    assert told.count("\n") == 2  # what is fitted, and why not


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_killed_fit_goes_on_to_the_same_digits(shop: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    often = (
        "from prismrec.train import loop; loop.SECONDS = -1; from prismrec.cli import main; main()"
    )
    settings = ["--set", "epochs=60", "--patience", "60"]

    def command(out: str) -> list[str]:
        arguments = ["fit", str(shop), "--out", str(tmp_path / out), "--model", "bpr", *settings]
        return [sys.executable, "-c", often, *arguments]

    subprocess.run(command("whole"), check=True, capture_output=True)
    kills = 0
    for stage in ("finding-the-number-of-epochs", "on-everything"):
        state = tmp_path / "killed" / ".training" / f"{stage}.safetensors"
        with subprocess.Popen(command("killed"), stderr=subprocess.DEVNULL) as fitting:
            while not state.exists() and fitting.poll() is None:
                time.sleep(0.002)
            fitting.send_signal(signal.SIGKILL)
        kills += fitting.returncode == -signal.SIGKILL
    assert kills == 2
    told = subprocess.run(command("killed"), check=True, capture_output=True, text=True)
    assert "fitted in" in told.stdout
    assert not (tmp_path / "killed" / ".training").exists()
    whole, killed = (arrays(tmp_path / out) for out in ("whole", "killed"))
    assert all(np.array_equal(whole[name], killed[name]) for name in whole)


def arrays(folder: Path) -> dict[str, Any]:
    return load_file(next(folder.glob("arrays-*.safetensors")))


def test_a_foreign_checkpoint_is_one_line(shop: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    place = tmp_path / "m" / ".training"
    place.mkdir(parents=True)
    (place / "training.safetensors").write_bytes(b"something else")
    told = refused("fit", shop, "--out", tmp_path / "m", "--model", "bpr", "--epochs", "1")
    assert "remove it to start anew" in told

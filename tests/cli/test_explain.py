"""`prismrec explain` for sums and for other rankers, in words, JSON and as a page."""

from __future__ import annotations

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
def models(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    for name, spec in (("prism", "prism"), ("tower", "content-tower:epochs=2"), ("bpr", "bpr")):
        options = ["--out", str(folder / name), "--model", spec, "--epochs", "2"]
        result = run(app, ["fit", str(shop), *(options if name != "prism" else options[:4])])
        assert result.exit_code == 0, result.output
    return folder


def test_a_sum_is_taken_apart_and_set_against_another_item(
    models: Path, shop: Path, ask: Ask
) -> None:
    told = ask(
        "explain", models / "prism", "--user", "u1", "--item", "i28", "--against", "i27",
        "--shop", shop, "--most", 30,
    )  # fmt: skip
    assert told["exact"] is True
    assert sum(told["by_modality"].values()) == pytest.approx(told["score"], abs=1e-5)
    other = told["against"]
    assert other["item"] == "i27"
    assert sum(other["by_modality"].values()) == pytest.approx(other["difference"], abs=1e-5)
    said = [line for past in told["past"] for line in past["because"]]
    assert any(line.startswith("Looks alike: ") for line in said)
    assert 1 <= told["place"] <= told["of"]


def test_towers_are_told_by_their_media_and_as_for_a_stranger(
    models: Path, shop: Path, ask: Ask
) -> None:
    told = ask("explain", models / "tower", "--user", "u1", "--item", "i4", "--shop", shop)
    assert told["exact"] is False
    assert told["as_stranger"] is True
    assert set(told["by_modality"]) == {"image", "behaviour"}
    assert sum(told["by_modality"].values()) == pytest.approx(told["score"], abs=1e-5)
    told = ask("explain", models / "bpr", "--history", "i3,i6", "--item", "i9")
    assert told["as_stranger"] is False
    assert told["by_modality"] == {}
    assert {past["item"] for past in told["past"]} <= {"i3", "i6"}


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(
    models: Path, shop: Path, tmp_path: Path
) -> None:
    for name, words in (("prism", "Nothing is estimated"), ("bpr", "explained here as a stranger")):
        page = tmp_path / f"{name}.html"
        result = run(
            app,
            ["explain", str(models / name), "--user", "u1", "--item", "i4", "--against", "i5",
             "--shop", str(shop), "--html", str(page)],
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        text = page.read_text("utf-8")
        assert words in text
        assert "Lamp 4 灯" in text
        assert "http://" not in text
        assert "https://" not in text
        assert "no picture" in text


def test_the_terminal_shows_the_same(models: Path, shop: Path) -> None:
    result = run(
        app,
        ["explain", str(models / "prism"), "--user", "u1", "--item", "i4", "--against", "i5",
         "--shop", str(shop)],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "The score is the sum of" in result.stdout
    assert "rather than Lamp 5 灯" in result.stdout
    assert "Looks alike" in result.stdout


def test_a_shop_with_other_items_is_refused(models: Path, shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(shop, other)
    (other / "items.csv").write_text((shop / "items.csv").read_text("utf-8").replace("i29", "x"))
    result = run(
        app, ["explain", str(models / "bpr"), "--user", "u1", "--item", "i4", "--shop", str(other)]
    )
    assert result.exit_code == 1
    assert "not those that the model was fitted on" in result.stderr

"""`prismrec modalities`: tables, JSON and the page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def furnished(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with a second modality that is noise, and a column of colours."""
    folder = tmp_path_factory.mktemp("furnished") / "shop"
    shutil.copytree(shop, folder)
    noise = np.random.default_rng(1).normal(size=(30, 6)).astype(np.float32)
    np.save(folder / "features" / "audio.npy", noise)
    colours = ["red", "green|blue", ""]
    rows = [f"i{row},Lamp <{row}>,{colours[row % 3]}" for row in range(30)]
    (folder / "items.csv").write_text("\n".join(["item,title,colour", *rows]) + "\n", "utf-8")
    return folder


def test_json_holds_figures_with_intervals_and_words(furnished: Path, ask: Ask) -> None:
    found = ask("modalities", furnished, "--split", "random", "-k", "5", "--by", "colour")
    assert found["split"] == "random"
    assert found["metric"] == "ndcg@5"
    assert set(found["worth"]) == {"image", "audio"}
    assert set(found["worth"]["image"]["alone"]) == {"mean", "low", "high"}
    (pair,) = [p for p in found["items"] if {p["one"], p["other"]} == {"image", "audio"}]
    assert pair["n"] == 30
    assert any(line.startswith("Sounds and pictures agree") for line in found["words"])


def test_tables_name_every_modality(furnished: Path) -> None:
    arguments = ["modalities", str(furnished), "--split", "random", "-k", "5"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    for words in ("Agreement on items", "Worth in ndcg@5", "measured on valid", "kNN overlap"):
        assert words in result.stdout


def test_the_page_is_whole_and_escaped(furnished: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    arguments = ["modalities", str(furnished), "--split", "random", "--html", str(page)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    text = page.read_text("utf-8")
    assert text.count('class="heat"') == 3
    assert "Lamp <" not in text
    assert not re.search(r'(src|href)="http', text)


def test_an_unknown_column_is_refused(furnished: Path) -> None:
    result = CliRunner().invoke(app, ["modalities", str(furnished), "--by", "color"])
    assert result.exit_code == 1
    assert "color" in result.stderr


def test_a_split_that_keeps_nothing_back_is_refused(furnished: Path) -> None:
    result = CliRunner().invoke(app, ["modalities", str(furnished), "--split", "none"])
    assert result.exit_code == 2


def test_a_shop_without_media_is_refused(write_shop: Callable[..., Path]) -> None:
    rows = "".join(f"u{n % 9},i{n % 7}\n" for n in range(60))
    folder = write_shop(interactions="user,item\n" + rows)
    result = CliRunner().invoke(app, ["modalities", str(folder), "--split", "random"])
    assert result.exit_code == 1
    assert "media" in result.stderr

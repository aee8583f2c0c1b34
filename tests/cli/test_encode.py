"""Encoding from the command line: what is new, what is reused, what is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from prismrec.cli.app import app

Ask = Callable[..., Any]
CHOICE = ("--image", "colour-histogram", "--text", "tfidf")


@pytest.fixture
def raw_shop(tmp_path: Path) -> Path:
    """Three items: a picture, a broken picture, none; three texts."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "interactions.csv").write_text("user,item\nann,a\nbob,b\nann,c\n", "utf-8")
    items = "item,title,image\na,Red lamp,a.png\nb,Blue lamp,b.png\nc,绿色的灯,\n"
    (folder / "items.csv").write_text(items, "utf-8")
    Image.new("RGB", (8, 8), "red").save(folder / "a.png")
    (folder / "b.png").write_bytes(b"not a picture")
    return folder


def test_each_content_is_encoded_once_and_broken_files_are_listed(raw_shop: Path, ask: Ask) -> None:
    first, second = (ask("encode", raw_shop, *CHOICE) for _ in range(2))
    assert first["counts"]["text"] == {"computed": 3, "reused": 0, "skipped": 0}
    assert second["counts"]["text"] == {"computed": 0, "reused": 3, "skipped": 0}
    assert first["counts"]["image"] == {"computed": 1, "reused": 0, "skipped": 1}
    assert [problem["file"] for problem in first["problems"]] == ["b.png"]
    assert first["features"]["items"]["image"]["coverage"] == pytest.approx(1 / 3)


def test_none_leaves_a_modality_out(raw_shop: Path, ask: Ask) -> None:
    found = ask("encode", raw_shop, "--image", "none", "--text", "tfidf")
    assert list(found["features"]["items"]) == ["text"]


def test_people_see_a_table_and_the_broken_file(raw_shop: Path) -> None:
    result = CliRunner().invoke(app, ["encode", str(raw_shop), *CHOICE])
    assert result.exit_code == 0, result.output
    assert "skipped" in result.stdout
    assert "b.png" in result.stdout


def test_an_unknown_encoder_is_refused(raw_shop: Path) -> None:
    result = CliRunner().invoke(app, ["encode", str(raw_shop), "--text", "tfid"])
    assert result.exit_code == 1
    assert "tfidf" in result.stderr


def test_parts_of_joined_encoders_are_counted_apart(raw_shop: Path, ask: Ask) -> None:
    ask("encode", raw_shop, "--image", "none", "--text", "tfidf")
    joined = ("--image", "none", "--text", "tfidf+tfidf:dim=8")
    found = ask("encode", raw_shop, *joined)
    assert found["counts"]["text"] == {"computed": 3, "reused": 3, "skipped": 0}
    parts = list(found["parts"]["text"].values())
    assert [(part["computed"], part["reused"]) for part in parts] == [(0, 3), (3, 0)]
    shown = CliRunner().invoke(app, ["encode", str(raw_shop), *joined]).stdout
    assert all(name in shown for name in found["parts"]["text"])


def test_make_shop_says_where_it_stands(tmp_path: Path, ask: Ask) -> None:
    made = ask("make-shop", tmp_path / "shop", "--items", 24, "--users", 8, "--seed", 1)
    assert made == {"path": str(tmp_path / "shop"), "items": 24, "users": 8, "seed": 1}
    assert ask("check", tmp_path / "shop")["counts"]["items"] == 24


def test_make_shop_leaves_other_folders_alone(raw_shop: Path) -> None:
    result = CliRunner().invoke(app, ["make-shop", str(raw_shop)])
    assert result.exit_code == 1
    assert "not empty" in result.stderr

"""The store from the command line: what is in it, what is of no use, and taking it along."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from prismrec.cli.app import app

Ask = Callable[..., Any]
CHOICE = ("--image", "colour-histogram", "--text", "tfidf:dim=64")


@pytest.fixture
def encoded(tmp_path: Path, ask: Ask) -> Path:
    """Three items; two pictures, three texts; two encoders have seen the texts."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "interactions.csv").write_text("user,item\nann,a\nbob,b\nann,c\n", "utf-8")
    items = "item,title,image\na,Red lamp,a.png\nb,Blue lamp,b.png\nc,绿色的灯,\n"
    (folder / "items.csv").write_text(items, "utf-8")
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (8, 8), colour).save(folder / f"{name}.png")
    ask("encode", folder, *CHOICE)
    ask("encode", folder, "--image", "none", "--text", "tfidf:dim=32")
    return folder


def by_dim(found: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {each["dims"][0]: each for each in found["encoders"]}


def test_info_says_what_each_encoder_has(encoded: Path, ask: Ask) -> None:
    found = by_dim(ask("store", "info", encoded))
    assert {dim: (e["vectors"], e["used"]) for dim, e in found.items() if dim < 65} == {
        64: (3, 3),
        32: (3, 3),
    }
    assert found[64]["modalities"] == ["text"]
    assert found[64]["bytes"] == 3 * 64 * 4
    (encoded / "b.png").unlink()
    used = {tuple(e["modalities"]): e["used"] for e in ask("store", "info", encoded)["encoders"]}
    assert used == {("image",): 1, ("text",): 3}
    shown = CliRunner().invoke(app, ["store", "info", str(encoded)])
    assert "vectors.sqlite" in shown.stdout
    assert "in use" in shown.stdout


def test_prune_counts_first_and_drops_when_told(encoded: Path, ask: Ask) -> None:
    items = "item,title,image\na,Red lamp,a.png\nb,Another text,\nc,绿色的灯,\n"
    (encoded / "items.csv").write_text(items, "utf-8")
    assert ask("store", "prune", encoded) == {
        "store": ask("store", "info", encoded)["store"],
        "dropped": False,
        "unused": 3,  # a picture, and a text under two encoders
        "kept": 5,
    }
    assert sum(e["vectors"] for e in ask("store", "info", encoded)["encoders"]) == 8
    assert ask("store", "prune", encoded, "--yes")["unused"] == 3
    left = ask("store", "info", encoded)["encoders"]
    assert [e["vectors"] for e in left] == [e["used"] for e in left]
    assert sum(e["vectors"] for e in left) == 5
    counts = ask("encode", encoded, *CHOICE)["counts"]
    assert (counts["image"]["computed"], counts["text"]["computed"]) == (0, 1)


def test_prune_keeps_named_encoders_only(encoded: Path, ask: Ask) -> None:
    name = by_dim(ask("store", "info", encoded))[64]["encoder"]
    assert ask("store", "prune", encoded, "--keep", name, "--yes")["unused"] == 5
    assert [e["encoder"] for e in ask("store", "info", encoded)["encoders"]] == [name]


def test_shops_that_share_a_store_are_named_together(encoded: Path, tmp_path, ask: Ask) -> None:
    other, place = tmp_path / "other", tmp_path / "all.sqlite"
    other.mkdir()
    (other / "interactions.csv").write_text("user,item\nann,x\nbob,y\n", "utf-8")
    (other / "items.csv").write_text("item,title\nx,Green lamp\ny,Blue lamp\n", "utf-8")
    for shop in (encoded, other):
        ask("encode", shop, *CHOICE, "--store", place)
    assert ask("store", "prune", encoded, "--store", place)["unused"] == 1
    assert ask("store", "prune", encoded, other, "--store", place)["unused"] == 0
    assert ask("store", "info", encoded, other, "--store", place)["store"] == str(place)


@pytest.mark.parametrize(("absent", "row"), [("zero", 0.0), ("nan", np.nan)])
def test_export_writes_what_other_toolboxes_read(
    encoded: Path, tmp_path: Path, ask: Ask, absent: str, row: float
) -> None:
    out = tmp_path / "out"
    options = ("--out", out, *CHOICE, "--absent", absent, "--suffix", "_feat")
    told = ask("store", "export", encoded, *options)
    image, text = np.load(out / "image_feat.npy"), np.load(out / "text_feat.npy")
    assert (image.dtype, text.shape) == (np.float32, (3, 64))
    assert np.load(out / "image_feat_present.npy").tolist() == [True, True, False]
    assert np.isfinite(image[:2]).all()
    np.testing.assert_array_equal(image[2], np.full(image.shape[1], row, np.float32))
    with (out / "items.csv").open(encoding="utf-8", newline="") as file:
        assert [*csv.reader(file)] == [["item"], ["a"], ["b"], ["c"]]
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest == {name: value for name, value in told.items() if name != "folder"}
    assert manifest["items"]["features"]["text"]["dim"] == 64
    assert manifest["items"]["features"]["text"]["encoder"]
    assert manifest["absent"] == absent
    again = CliRunner().invoke(app, ["store", "export", str(encoded), "--out", str(out), *CHOICE])
    assert again.exit_code == 1
    assert "not empty" in again.stderr


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, encoded: Path) -> None:
    for arguments in (
        ["info", str(encoded), "--store", str(tmp_path / "none.sqlite")],
        ["prune", str(tmp_path / "nowhere")],
        ["info", str(encoded), "--store", "nonsense"],
    ):
        result = CliRunner().invoke(app, ["store", *arguments])
        assert result.exit_code == 1, result.output
        assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "none.sqlite").exists()


def test_people_are_told_that_nothing_was_dropped(encoded: Path) -> None:
    (encoded / "b.png").unlink()
    result = CliRunner().invoke(app, ["store", "prune", str(encoded)])
    assert "1 vectors are of no use, 7 stay" in result.stdout
    assert "--yes" in result.stderr

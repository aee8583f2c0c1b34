"""`prismrec search` on a shop of plain pictures, with encoders that need no weights."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from prismrec.cli.app import app

LIGHT = ("--encoder", "image=colour-names", "--encoder", "text=tfidf")


@pytest.fixture
def stones(tmp_path: Path) -> Path:
    folder = tmp_path / "stones"
    folder.mkdir()
    for name in ("red", "green", "blue"):
        Image.new("RGB", (24, 24), name).save(folder / f"{name}.png")
    (folder / "interactions.csv").write_text("user,item\nann,a\n", "utf-8")
    (folder / "items.csv").write_text(
        "item,title,blurb,image\na,First,a ring,red.png\nb,Second,石头,green.png\n"
        "c,[bold]Third,a stone,blue.png\n",
        "utf-8",
    )
    return folder


def test_words_find_items_and_say_why(ask: Callable[..., Any], stones: Path) -> None:
    found = ask("search", stones, "蓝色的图片", "-k", 2, *LIGHT)
    assert found["hits"][0]["item"] == "c"
    assert len(found["hits"]) == 2
    (reason,) = found["hits"][0]["reasons"]
    assert reason["kind"] == "colours"
    assert reason["words"] == [{"text": "blue", "chinese": "蓝色", "share": 1.0}]


def test_a_picture_finds_its_like(ask: Callable[..., Any], stones: Path) -> None:
    found = ask("search", stones, "--image", stones / "green.png", *LIGHT)
    assert found["hits"][0]["item"] == "b"


def test_titles_are_not_taken_for_markup(stones: Path) -> None:
    done = CliRunner().invoke(app, ["search", str(stones), "stone", "--modality", "text", *LIGHT])
    assert done.exit_code == 0, done.output
    assert "[bold]Third" in done.output
    assert "words: stone" in done.output


def test_a_page_is_written(stones: Path, tmp_path: Path) -> None:
    page = tmp_path / "found.html"
    done = CliRunner().invoke(app, ["search", str(stones), "red", "--html", str(page), *LIGHT])
    assert done.exit_code == 0, done.output
    assert page.read_text("utf-8").count("data:image/jpeg;base64,") == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing in the request"),
        (("red", "--modality", "smell"), "smell"),
        (("red", "--encoder", "colour-names"), "colour-names"),
    ],
)
def test_what_cannot_be_searched_is_told(
    stones: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = CliRunner().invoke(app, ["search", str(stones), *arguments, *LIGHT])
    assert done.exit_code != 0
    assert message in done.output


def test_broken_query_files_are_told_in_one_line(stones: Path) -> None:
    bad = stones / "bad.png"
    bad.write_bytes(io.BytesIO(b"\x89PNG broken").getvalue())
    done = CliRunner().invoke(app, ["search", str(stones), "--image", str(bad), *LIGHT])
    assert done.exit_code == 1
    assert "Traceback" not in done.output

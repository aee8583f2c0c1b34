"""`prismrec generalise`: words, tables, JSON and the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

Ask = Callable[..., Any]
QUICK = ("--models", "content-knn,popularity", "--how", "missing,shuffled", "--levels", ".9")


def said(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["generalise", *map(str, arguments)], env={"COLUMNS": "200"})


def test_json_answers_every_question_of_every_model(shop: Path, ask: Ask) -> None:
    found = ask("generalise", shop, *QUICK, "--split", "time")
    assert found["split"] == "time"
    assert [each["model"] for each in found["models"]] == ["content-knn", "popularity"]
    for each in found["models"]:
        assert len(each["drift"]["windows"]) > 1
        assert set(each["train_test_gap"]["gap"]["recall@20"]) == {"mean", "low", "high"}
        curves = {(curve["modality"], curve["how"]) for curve in each["robustness"]}
        assert curves == {("image", "missing"), ("image", "shuffled")}
        assert [p["level"] for p in each["robustness"][0]["points"]] == [0, 0.9]
        assert {s["by"] for s in each["strata"]} >= {"user activity", "item popularity"}
        assert all(each["words"].values())


def test_words_and_tables_and_a_page(shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = said(shop, *QUICK, "--split", "time", "--html", page)
    assert result.exit_code == 0, result.output
    for words in ("Does it last?", "Windows of the test log", "Found again", "Bad media", "Groups"):
        assert words in result.stdout
    text = page.read_text("utf-8")
    assert text.count("<polyline") == 3 + 2 * 2  # two models and popularity; two curves of each
    assert not re.search(r'(src|href)="http', text)


def test_a_split_that_shows_the_future_has_no_drift(shop: Path, ask: Ask) -> None:
    arguments = ("--models", "popularity", "--split", "random", "--how", "")
    (found,) = ask("generalise", shop, *arguments)["models"]
    assert found["drift"] is None
    assert "split by time" in found["words"]["Does it last?"][0]
    assert found["robustness"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--modality", "smell"), 1, "smell"),
        (("--how", "burnt"), 1, "burnt"),
        (("--levels", "1.5"), 1, "1.5"),
        (("--levels", "much"), 2, "much"),
        (("--models", ","), 2, "--models"),
        (("--split", "none"), 2, "split"),
    ],
)
def test_what_does_not_exist_is_refused(
    shop: Path, arguments: tuple[str, str], code: int, words: str
) -> None:
    result = said(shop, *arguments)
    assert result.exit_code == code
    assert words in result.stderr

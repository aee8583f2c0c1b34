"""`prismrec check` on the console, as JSON and as a page, and when it leaves with 1."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

run = CliRunner().invoke
LOG = "user,item\nann,1\nann,2\nbob,1\n"


@pytest.fixture
def broken(write_shop):
    items = "item,title,image\n1,A red lamp,1.png\n2,[bold] lamp,\n"
    return str(write_shop(interactions=LOG, items=items, files={"1.png": b""}))


def test_findings_are_spelt_out_with_what_follows(broken):
    done = run(app, ["check", broken], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    for part in ("file.empty", "1.png - 1 - 0 bytes", "prismrec: left out", "you: copy the file"):
        assert part in done.stdout


def test_strict_leaves_with_1_where_there_is_an_error(broken, shop):
    assert run(app, ["check", broken, "--strict"]).exit_code == 1
    assert run(app, ["check", str(shop), "--strict"]).exit_code == 0


def test_json_has_every_case_and_the_page_is_written(broken, tmp_path):
    page = tmp_path / "report.html"
    done = run(app, ["check", broken, "--json", "--html", str(page)])
    found = {finding["code"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["file.empty"]["cases"] == [{"ids": ["1"], "files": ["1.png"], "detail": "0 bytes"}]
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")

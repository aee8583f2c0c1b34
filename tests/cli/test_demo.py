"""The demonstration from nothing to explained recommendations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prismrec.cli.app import app

pytestmark = pytest.mark.slow
SMALL = ["--items", "80", "--users", "120", "--seed", "3"]


def test_the_demo_ends_with_tables_and_reasons(tmp_path: Path) -> None:
    folder = tmp_path / "records"
    first = CliRunner().invoke(app, ["demo", "--path", str(folder), "--no-serve", *SMALL])
    assert first.exit_code == 0, first.output
    assert all(
        model in first.stdout for model in ("popularity", "item-knn", "content-knn", "prism")
    )
    assert first.stdout.count("because of") == 4
    made = (folder / "items.csv").stat().st_mtime_ns

    second = CliRunner().invoke(app, ["demo", "--path", str(folder), "--json", *SMALL])
    assert second.exit_code == 0, second.output
    found = json.loads(second.stdout)
    assert (folder / "items.csv").stat().st_mtime_ns == made  # the shop was reused
    assert all(counts["computed"] == 0 for counts in found["encode"]["counts"].values())
    assert {person["driver"] for person in found["listeners"]} == {
        "image",
        "text",
        "audio",
        "behaviour",
    }
    for person in found["listeners"]:
        assert sum(person["drivers"].values()) == pytest.approx(1, abs=0.01)
        assert person["items"]
    assert found["compare"]["split"] == "time,new-items"
    assert [r["model"] for r in found["compare"]["results"]][-1] == "prism"

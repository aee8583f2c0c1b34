"""What holds for every command: help, exit codes, and what goes to which stream."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import prismrec
from prismrec import registry
from prismrec.cli.app import COMMANDS, app
from prismrec.cli.output import emit, table

run = CliRunner().invoke


def test_help_names_every_command() -> None:
    text = run(app, ["--help"], color=False).output
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json(name: str) -> None:
    assert run(app, [name, "--help"]).exit_code == 0
    assert "as_json" in inspect.signature(COMMANDS[name]).parameters
    assert COMMANDS[name].__doc__


def test_version() -> None:
    assert run(app, ["--version"]).stdout.strip() == prismrec.__version__


@pytest.mark.parametrize("arguments", [["list", "nothing"], ["nothing"], ["check"], ["list", "-x"]])
def test_wrong_usage_leaves_with_2(arguments: list[str]) -> None:
    result = run(app, arguments)
    assert result.exit_code == 2
    assert not result.stdout


def test_what_prismrec_refuses_is_one_line_on_stderr(tmp_path: Path) -> None:
    missing = tmp_path / "no-shop"
    result = run(app, ["check", str(missing), "--json"])
    assert result.exit_code == 1
    assert not result.stdout
    assert str(missing) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_a_line_with_brackets_is_printed_as_it_is(tmp_path: Path) -> None:
    result = run(app, ["check", str(tmp_path / "[red]shop")])
    assert "[red]shop" in result.stderr


@pytest.mark.parametrize("kind", ["models", "encoders", "splits", "metrics"])
def test_list_names_what_is_registered(kind: str) -> None:
    found = json.loads(run(app, ["list", kind, "--json"]).stdout)
    elsewhere = registry.names("encoder-schemes") if kind == "encoders" else []
    assert [entry["name"] for entry in found] == registry.names(kind) + elsewhere
    assert all(entry["summary"] for entry in found)
    shown = run(app, ["list", kind]).stdout
    assert all(name in shown for name in registry.names(kind))


def test_list_tells_all_about_one_model() -> None:
    found = json.loads(run(app, ["list", "models", "item-knn", "--json"]).stdout)
    fields = {field["name"]: field for field in found["fields"]}
    assert fields["user_power"]["default"] is None
    assert all(field["meaning"] for field in found["fields"])
    shown = run(app, ["list", "models", "item-knn"], env={"COLUMNS": "150"}).stdout
    assert fields["user_power"]["meaning"] in shown
    assert run(app, ["list", "models", "item-kn"]).exit_code == 1


@pytest.mark.parametrize("name", registry.names("encoder-schemes"))
def test_list_tells_all_about_encoders_that_lie_elsewhere(name: str) -> None:
    assert f"{name}:ADDRESS" in run(app, ["list", "encoders"]).stdout
    found = json.loads(run(app, ["list", "encoders", name, "--json"]).stdout)
    assert found["fields"]
    assert all(field["meaning"] for field in found["fields"])


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"a": float("nan"), "b": [1, (float("inf"), "é")]})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1, [None, "é"]]}


def test_a_table_survives_markup_in_a_title(capsys: pytest.CaptureFixture[str]) -> None:
    table("T", ("item", "score"), [("[bold]x[/bold]", 0.5), ("唱片", None)])
    out = capsys.readouterr().out
    assert "[bold]x[/bold]" in out
    assert "唱片" in out
    assert "0.5000" in out


def test_the_command_starts_without_what_only_some_commands_need() -> None:
    heavy = ["numpy", "scipy", "polars", "onnxruntime", "PIL", "soundfile"]
    code = (
        "import sys; from prismrec.cli.app import app; "
        f"print(*[n for n in {heavy} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

"""The README tells the truth: its code runs, its commands and names exist, both languages agree."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prismrec import registry
from prismrec.cli.app import COMMANDS, GROUPS, app
from prismrec.data.demo import make_shop

ROOT = Path(__file__).parents[1]
FILES = ["README.md", "README.zh-CN.md"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def code_of(name: str) -> str:
    return "\n".join(re.findall(r"```python\n(.*?)```", text_of(name), re.S))


def without_comments(code: str) -> list[str]:
    return [line.partition("#")[0].strip() for line in code.splitlines()]


def test_the_code_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = make_shop(tmp_path / "my-shop", items=40, users=60, seed=1)
    code = code_of("README.md").replace("my-shop/", shop.as_posix()).replace('"ann"', '"u0001"')
    exec(code, {})
    shown = capsys.readouterr().out
    assert "recall@20" in shown
    assert "behaviour" in shown


def test_both_languages_show_the_same_code() -> None:
    assert without_comments(code_of(FILES[0])) == without_comments(code_of(FILES[1]))


@pytest.mark.parametrize("name", FILES)
def test_the_commands_and_their_options_exist(name: str) -> None:
    shown = re.findall(r"`prismrec ([^`]+)`", text_of(name))
    assert {line.split()[0] for line in shown} == {*COMMANDS, *GROUPS}
    for line in shown:
        command, *rest = shlex.split(line)
        helped = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
        assert all(word in helped for word in rest if word.startswith("--"))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["models", "encoders"])
def test_the_tables_name_all_that_is_registered(name: str, kind: str) -> None:
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", text_of(name), re.M))
    assert set(registry.names(kind)) <= rows


@pytest.mark.parametrize("name", FILES)
def test_links_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", text_of(name))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []

"""The public names: complete, sorted, quick to import, and seen alike by type checkers."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import prismrec as pr

HEAVY = ["numpy", "scipy", "polars", "onnxruntime", "torch", "PIL", "soundfile", "typer", "rich"]


def test_all_is_sorted_and_has_no_repeats() -> None:
    assert sorted(set(pr.__all__)) == list(pr.__all__)
    assert set(pr.__all__) <= set(dir(pr))


@pytest.mark.parametrize("name", pr.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(pr, name).__doc__


def test_a_function_is_not_hidden_by_the_submodule_of_its_name() -> None:
    importlib.import_module("prismrec.encode")
    importlib.import_module("prismrec.explain")
    assert callable(pr.encode)
    assert callable(pr.explain)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        pr.nothing_of_this_name  # noqa: B018
    with pytest.raises(AttributeError, match="Nothing"):
        pr.models.Nothing  # noqa: B018


def test_models_are_reached_by_class_name() -> None:
    assert pr.models.Popularity.__name__ == "Popularity"
    assert "Prism" in dir(pr.models)


def test_type_checkers_see_the_names_that_run() -> None:
    tree = ast.parse(Path(pr.__file__).read_text("utf-8"))
    typed = {
        alias.asname: node.module
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed.pop("models") == "prismrec"
    assert typed == pr._HOME
    assert set(pr.__all__) == {*typed, "models"}


@pytest.mark.parametrize("statement", ["import prismrec", "from prismrec import registry"])
def test_importing_loads_nothing_heavy(statement: str) -> None:
    code = f"{statement}; import sys; print(*[n for n in {HEAVY} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

"""`prismrec list`: the names that other commands understand."""

from __future__ import annotations

import dataclasses
import inspect
import re
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape

from prismrec import registry
from prismrec.cli.options import AsJson
from prismrec.cli.output import emit, say, table
from prismrec.search_space import spaces

__all__ = ["Kind", "list_names"]

SCHEMES = "encoder-schemes"  # of the registry: encoders that lie elsewhere


class Kind(StrEnum):
    """What can be listed."""

    models = "models"
    encoders = "encoders"
    splits = "splits"
    metrics = "metrics"
    list_metrics = "list-metrics"
    image_steps = "image-steps"
    image_augmentations = "image-augmentations"
    text_steps = "text-steps"
    token_steps = "token-steps"
    audio_steps = "audio-steps"
    alignments = "alignments"
    representations = "representations"
    fusions = "fusions"
    reductions = "reductions"
    imputations = "imputations"
    stores = "stores"


def list_names(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    name: Annotated[
        str | None, typer.Argument(help="One of them, to be told all about it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what can be chosen by name, or the fields of one of them."""
    if name is None:
        found = [_describe(kind, name) for name in registry.names(kind)]
        elsewhere = registry.names(SCHEMES) if kind == Kind.encoders else []
        schemes = [_describe(kind, name) for name in elsewhere]
        emit(found + schemes) if as_json else _print_all(found, schemes)
    elif as_json:
        emit(_describe(kind, name))
    else:
        _print_one(kind, name)


def _print_all(found: list[dict[str, Any]], schemes: list[dict[str, Any]]) -> None:
    columns = ["name", "what it is", "fields (name:field=value)"]
    rows = [[entry["name"], entry["summary"], _brief(entry["fields"])] for entry in found]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    table("", columns, rows)
    if schemes:
        columns = ["elsewhere", "what it is (fields: `prismrec list encoders hf`)"]
        table("", columns, [(f"{entry['name']}:ADDRESS", entry["summary"]) for entry in schemes])


def _print_one(kind: str, name: str) -> None:
    say(escape(inspect.getdoc(_target(kind, name)) or ""))
    fields = _describe(kind, name)["fields"]
    if fields:
        say()
        columns = ["field", "default", "meaning"]
        rows = [[f["name"], _written(f["default"]), f["meaning"]] for f in fields]
        if any("searched" in f for f in fields):
            columns.append("`prismrec tune` tries")
            rows = [[*row, f.get("searched", "")] for row, f in zip(rows, fields, strict=True)]
        table("", columns, rows)


def _target(kind: str, name: str) -> Any:
    if kind == Kind.encoders and name in registry.names(SCHEMES):
        kind = SCHEMES
    return registry.load(kind, name)


def _describe(kind: str, name: str) -> dict[str, Any]:
    target = _target(kind, name)
    fields = dataclasses.fields(target) if dataclasses.is_dataclass(target) else ()
    meanings = _meanings(target) if fields else {}
    searched = {name: str(space) for name, space in spaces(target).items()} if fields else {}
    return {
        "name": name,
        "summary": (inspect.getdoc(target) or "").partition("\n")[0],
        "fields": [
            {"name": f.name, "default": _default(f), "meaning": meanings.get(f.name, "")}
            | ({"searched": searched[f.name]} if f.name in searched else {})
            for f in fields
            if f.init
        ],
    }


def _meanings(target: type) -> dict[str, str]:
    """A field's trailing comment is its documentation."""
    return dict(re.findall(r"^    (\w+):[^#\n]*#\s*(.+)$", inspect.getsource(target), re.M))


def _default(field: dataclasses.Field[Any]) -> Any:
    value = field.default
    return value if isinstance(value, str | int | float | bool) else None


def _brief(fields: list[dict[str, Any]]) -> str:
    return ", ".join(f"{field['name']}={_written(field['default'])}" for field in fields)


def _written(value: Any) -> str:
    return str(value) if isinstance(value, str) else str(value).lower()

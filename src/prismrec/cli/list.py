"""`prismrec list`: the names that other commands understand."""

from __future__ import annotations

import dataclasses
import inspect
from enum import StrEnum
from typing import Annotated, Any

import typer

from prismrec import registry
from prismrec.cli.options import AsJson
from prismrec.cli.output import emit, table

__all__ = ["Kind", "list_names"]


class Kind(StrEnum):
    """What can be listed."""

    models = "models"
    encoders = "encoders"
    splits = "splits"
    metrics = "metrics"


def list_names(
    kind: Annotated[Kind, typer.Argument(help="What to list.")], as_json: AsJson = False
) -> None:
    """List the models, encoders, splits or metrics that are installed, with their fields."""
    found = [_describe(kind, name) for name in registry.names(kind)]
    if as_json:
        emit(found)
        return
    columns = ["name", "what it is", "fields (name:field=value)"]
    rows = [[entry["name"], entry["summary"], _fields(entry["fields"])] for entry in found]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    table("", columns, rows)


def _describe(kind: str, name: str) -> dict[str, Any]:
    target = registry.load(kind, name)
    fields = dataclasses.fields(target) if dataclasses.is_dataclass(target) else ()
    summary = (inspect.getdoc(target) or "").partition("\n")[0]
    return {
        "name": name,
        "summary": summary,
        "fields": {f.name: _default(f) for f in fields if f.init},
    }


def _default(field: dataclasses.Field[Any]) -> Any:
    value = field.default
    return value if isinstance(value, str | int | float | bool) else None


def _fields(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name}={str(value).lower()}" for name, value in fields.items())

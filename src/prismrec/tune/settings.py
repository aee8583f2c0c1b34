"""The settings of a model as a file, and what `@FILE` in place of a model's name stands for."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prismrec import registry
from prismrec.errors import BadData, UnknownName

__all__ = ["described", "resolved", "write"]


def described(model: str, fields: Mapping[str, Any]) -> str:
    """The spec `name:field=value:field=value`; None, a choice left to the model, is left out."""
    given = [f"{name}={_spec_text(value)}" for name, value in fields.items() if value is not None]
    return ":".join([model, *given])


def resolved(spec: str) -> str:
    """The spec itself, or for `@FILE` or `@FILE:field=value` the one that the file stands for.

    Raises:
        BadData: where the file cannot be read, or a value does not fit.
        UnknownName: for a model or field that does not exist.
    """
    if not spec.startswith("@"):
        return spec
    # Split from the right: a path may hold colons, but no field does.
    path, *options = _apart(spec[1:])
    found = ":".join([_read(Path(path)), *options])
    try:
        registry.build("models", found)
    except (BadData, UnknownName) as problem:
        raise type(problem)(f"{path}: {problem}") from None
    return found


def write(path: Path, model: str, fields: Mapping[str, Any], *, notes: Iterable[str] = ()) -> None:
    """Write settings where nothing or an older file is, whole or not at all."""
    lines = [f"# {note}" for note in notes]
    lines += [f"model = {_toml(model)}", "", "[fields]"]
    lines += [f"{name} = {_toml(value)}" for name, value in fields.items() if value is not None]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text("\n".join(lines) + "\n", "utf-8")
    partial.replace(path)


def _apart(text: str) -> list[str]:
    path, options = text, list[str]()
    while "=" in path.rpartition(":")[2] and ":" in path:
        path, _, option = path.rpartition(":")
        options.insert(0, option)
    return [path, *options]


def _read(path: Path) -> str:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise BadData(f"{path}: cannot be read ({problem.strerror})") from None
    except ValueError as problem:  # not TOML, or not UTF-8
        raise BadData(f"{path}: is no settings file: {problem}") from None
    model, fields = found.get("model"), found.get("fields", {})
    if not isinstance(model, str) or not isinstance(fields, dict):
        raise BadData(f'{path}: has no line `model = "NAME"`; `prismrec tune --out` writes one')
    return described(model, fields)


def _spec_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(_spec_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML writes plain values as JSON does

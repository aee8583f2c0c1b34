"""Fields of encoders: those that differ from their defaults, and names that are checked early."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from prismrec.encoders.weights import keys_of
from prismrec.errors import BadData, UnknownName

__all__ = ["changed_fields", "check_choice", "check_positive"]


def changed_fields(encoder: Any) -> tuple[str, ...]:
    """What the fields of an encoder add to its fingerprint; nothing where all are at default.

    So a new field leaves the vectors that are kept already where they are. `threads` is left out,
    because the vectors do not depend on it.
    """
    parts: list[str] = []
    for field in dataclasses.fields(encoder):
        value, default = getattr(encoder, field.name), field.default
        if field.name == "threads" or value == default:
            continue
        if field.name == "steps":
            parts += keys_of(value)
        else:
            # 30 and 30.0 are one
            parts.append(f"{field.name}={float(value) if isinstance(default, float) else value!r}")
    return tuple(parts)


def check_choice(encoder: Any, field: str, choices: Sequence[str]) -> None:
    """Refuse a name that a field does not know.

    Raises:
        UnknownName: with the names that it knows.
    """
    value = getattr(encoder, field)
    if value not in choices:
        raise UnknownName(f"{field}={value} is unknown; choose {', '.join(choices)}")


def check_positive(encoder: Any, field: str) -> None:
    """Refuse a number that is not above 0 and finite.

    Raises:
        BadData: with the field.
    """
    value = getattr(encoder, field)
    if not 0 < value < float("inf"):
        raise BadData(f"{field}={value} is not a number above 0")

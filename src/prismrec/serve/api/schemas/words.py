"""Words: strings that the API takes. None has control characters or marks that turn text around."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

__all__ = [
    "ONLY",
    "WHOLE",
    "Amount",
    "Column",
    "Identifier",
    "Kind",
    "Line",
    "Modality",
    "Offset",
    "Prose",
    "Strict",
    "Texts",
    "Value",
    "Words",
]

# Control characters, marks of direction, the byte order mark, and what a decoder leaves for
# broken UTF-8. Nothing that is written needs them in a name, and each can hide something.
_ODD = "\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff\\ufffd"
NAME = rf"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029{_ODD}]*$"
WORDS = rf"^[^\u0000-\u001f{_ODD}]*[^\s\u0000-\u001f{_ODD}][^\u0000-\u001f{_ODD}]*$"
PROSE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$"

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=NAME)]
Line = Annotated[str, StringConstraints(max_length=500, pattern=NAME)]
Words = Annotated[str, StringConstraints(max_length=500, pattern=WORDS)]  # at least one
Prose = Annotated[str, StringConstraints(max_length=20_000, pattern=PROSE)]
Column = Annotated[str, StringConstraints(pattern=NAME.replace("*$", "{1,64}$"))]
Value = Annotated[str, StringConstraints(max_length=2_000, pattern=PROSE)]
Modality = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Kind = Literal["image", "audio"]  # media that can be sent

ONLY: dict[str, Any] = {"additionalProperties": False}  # what a table whose keys are checked lacks


class Strict(BaseModel):
    """A body without fields that nobody asked for, in which a text is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Texts(BaseModel):
    """Fields that arrive as texts: those of a query string or a form."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 3.0 is 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
Amount = Annotated[int, Field(ge=1, le=200), WHOLE]  # items of a list
Offset = Annotated[int, Field(ge=0, le=10_000), WHOLE]

"""Words: strings that the API takes. None has control characters or marks that turn text around."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["Column", "Identifier", "Kind", "Line", "Modality", "Prose", "Strict", "Value"]

# Control characters, marks of direction, the byte order mark, and what a decoder leaves for
# broken UTF-8. Nothing that is written needs them in a name, and each can hide something.
_ODD = "\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff\\ufffd"
NAME = rf"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029{_ODD}]*$"
PROSE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$"

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=NAME)]
Line = Annotated[str, StringConstraints(max_length=500, pattern=NAME)]
Prose = Annotated[str, StringConstraints(max_length=20_000, pattern=PROSE)]
Column = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NAME)]
Value = Annotated[str, StringConstraints(max_length=2_000, pattern=PROSE)]
Modality = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Kind = Literal["image", "audio"]  # media that can be sent


class Strict(BaseModel):
    """A body without fields that nobody asked for."""

    model_config = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)


Amount = Annotated[int, Field(ge=1, le=200)]  # items of a list
Offset = Annotated[int, Field(ge=0, le=10_000)]

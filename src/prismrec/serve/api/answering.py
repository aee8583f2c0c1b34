"""Answering: values as JSON, written straight from plain values without a second validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

__all__ = ["answer", "answer_once"]

REPLAYED = "replayed"  # in what the service gives back for a write that was made before


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The value as JSON; what JSON cannot write becomes null."""
    raw = to_json(value, inf_nan_mode="null", fallback=_plain)
    return Response(raw, status, headers=headers, media_type="application/json")


def answer_once(
    value: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a write, with a header where it is that of an earlier one."""
    plain = {name: each for name, each in value.items() if name != REPLAYED}
    again = {"Idempotency-Replayed": "true"} if value.get(REPLAYED) else {}
    return answer(plain, status, {**(headers or {}), **again})


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy."""
    return value.tolist() if hasattr(value, "tolist") else str(value)

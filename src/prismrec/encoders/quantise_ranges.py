"""Precision of a network: as published, or 8-bit with ranges that were measured once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from prismrec.encoders.onnx_session import open_session
from prismrec.encoders.quantise import Ranges, quantised

__all__ = ["PRECISIONS", "open_network", "precision_parts", "ranges_of"]

PRECISIONS = ("float32", "int8")
VERSION = 1  # of `quantised`


def open_network(
    key: str, convert: Callable[[], bytes], *, name: str, precision: str, threads: int
) -> Any:
    """`open_session` of the network that `convert` returns, or of its 8-bit variant."""
    if precision == "float32":
        return open_session(key, convert, threads)
    key = "-".join([key, *precision_parts(name, precision)])
    return open_session(key, lambda: quantised(convert(), ranges_of(name)), threads)


def precision_parts(name: str, precision: str) -> tuple[str, ...]:
    """What a precision adds to a fingerprint: nothing, or what stands for the ranges."""
    if precision == "float32":
        return ()
    return (f"int8-{VERSION}-{hashlib.sha256(_table(name).encode()).hexdigest()[:16]}",)


def ranges_of(name: str) -> Ranges:
    """Lowest and highest of the values that are rounded, from `ranges/NAME.json`.

    They were measured by `benchmarks/calibrate.py` on pictures and loops that prismrec makes up,
    so nobody has to calibrate, and the variant is the same everywhere.
    """
    return {value: (low, high) for value, (low, high) in json.loads(_table(name)).items()}


@cache
def _table(name: str) -> str:
    return (resources.files("prismrec.encoders") / "ranges" / f"{name}.json").read_text("utf-8")

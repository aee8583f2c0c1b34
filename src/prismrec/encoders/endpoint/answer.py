"""What an endpoint answers to vectors, checked."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import numpy as np

from prismrec.errors import BadModel
from prismrec.types import Floats

__all__ = ["complaint_of", "vectors_of"]


def vectors_of(answer: Any, n: int, *, dim: int | None) -> Floats:
    """(n, dim) in the order of the texts, which an answer need not keep.

    Raises:
        BadModel: where the answer holds other than n finite vectors of one length, `dim` where
            that is known.
    """
    try:
        entries = answer["data"]
        places = [entry.get("index", place) for place, entry in enumerate(entries)]
        rows = [_vector(entry["embedding"]) for entry in entries]
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise BadModel(f"the endpoint answers with no embeddings ({error!r})") from error
    if sorted(map(str, places)) != sorted(map(str, range(n))):
        raise BadModel(f"the endpoint answers {n} texts with vectors for the places {places[:9]}")
    lengths = {row.size for row in rows}
    if len(lengths) != 1 or lengths == {0} or (dim is not None and lengths != {dim}):
        wanted = f"{dim}" if dim is not None else "one length"
        raise BadModel(f"the endpoint answers vectors of {sorted(lengths)} values, not {wanted}")
    out = np.empty((n, lengths.pop()), np.float32)
    out[places] = rows
    if not np.isfinite(out).all():
        raise BadModel("the endpoint answers with values that are not finite")
    return out


def _vector(value: Any) -> Floats:
    if isinstance(value, str):  # float32, lowest byte first
        return np.frombuffer(base64.b64decode(value, validate=True), "<f4")
    return np.asarray(value, np.float32).reshape(-1)


def complaint_of(body: str) -> str:
    """One line of what an endpoint complains about; servers word it in several ways."""
    try:
        found = json.loads(body)
        error = found.get("error", found.get("message", found.get("detail", found)))
        text = error.get("message", error) if isinstance(error, dict) else error
    except (AttributeError, ValueError):
        text = body
    return " ".join(str(text).split())[:200]

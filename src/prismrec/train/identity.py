"""Identity: a name for a run that another one cannot have."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["identity"]

PLAIN = (str, bytes, bool, int, float, complex, np.generic, type(None))


def identity(task: nn.Module, *said: object) -> str:
    """A digest of a task's architecture, settings and data, and of whatever else is said.

    Everything counts that hangs on the task: buffers, arrays, and the hyperparameters of the model
    that made it. Parameters count by their shapes, since learning changes them; functions and
    generators by their type.
    """
    digest = hashlib.sha256()
    _add(digest, (task, *said), {})
    return digest.hexdigest()


def _add(digest: Any, value: Any, seen: dict[int, Any]) -> None:
    """Add a value and all that it is made of; what was seen before is not added again."""
    digest.update(f"{type(value).__qualname__}:".encode())
    if isinstance(value, PLAIN):
        digest.update(repr(value).encode())
        return
    if id(value) in seen:
        return
    seen[id(value)] = value  # kept, so that nothing else can get its number
    if isinstance(value, nn.Parameter):
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode())
    elif isinstance(value, Tensor):
        flat = value.detach().cpu().contiguous().reshape(-1)
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode())
        digest.update(flat.view(torch.uint8).numpy().data)
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
    else:
        for part in _parts(value):
            _add(digest, part, seen)


def _parts(value: Any) -> list[Any]:
    """What something is made of, in an order that does not change."""
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [part for pair in value.items() for part in pair]
    elif isinstance(value, list | tuple):
        parts = list(value)
    elif isinstance(value, set | frozenset):
        parts = sorted(value, key=repr)
    elif isinstance(value, np.ndarray):
        parts = value.ravel().tolist()
    elif is_dataclass(value):  # fields only: what a dataclass has cached comes and goes
        parts = [getattr(value, field.name) for field in fields(value)]
    elif not isinstance(value, type) and hasattr(value, "__dict__"):
        parts = [part for _, part in sorted(vars(value).items())]
    return parts

"""Checkpoint: the state of a run on disk, replaced in one step, read only by the same run."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from prismrec.errors import BadModel

__all__ = ["State", "identity", "read", "write"]

SEPARATOR = "/"


@dataclass
class State:
    """Where a run is: what it has learnt, and how it went."""

    epoch: int = 0  # done
    best: float | None = None  # highest figure on valid
    best_epoch: int = 0
    finished: bool = False
    losses: list[float] = field(default_factory=list)  # by epoch
    figures: list[float | None] = field(default_factory=list)  # by epoch, on valid
    chosen: dict[str, Tensor] = field(default_factory=dict)  # parameters of the best epoch


def identity(task: nn.Module, *said: object) -> str:
    """A name for a run that another one cannot have: of its data, settings and architecture.

    Args:
        task: with its data in buffers.
        said: whatever else makes the run what it is: arrays, numbers, dataclasses.
    """
    digest = hashlib.sha256(type(task).__qualname__.encode())
    for name, tensor in (*task.named_parameters(), *task.named_buffers()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
    for tensor in task.buffers():
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    for part in said:
        digest.update(part.tobytes() if hasattr(part, "tobytes") else repr(part).encode())
    return digest.hexdigest()


def write(path: Path, state: State, parts: Mapping[str, Mapping[str, Any]], *, name: str) -> None:
    """Replace the file of a run.

    Args:
        path: of the file; its folder is made.
        state: where the run is.
        parts: nested dictionaries of tensors, numbers and lists: of the task and its optimizer.
        name: the run's identity.
    """
    tensors, plain = _flattened({**parts, "chosen": state.chosen})
    said = {key: value for key, value in vars(state).items() if key != "chosen"}
    text = json.dumps({"run": name, "state": said, "plain": plain})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    os.close(handle)
    try:
        save_file(tensors, aside, metadata={"prismrec": text})
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def read(path: Path, name: str) -> tuple[State, dict[str, Any]] | None:
    """The state and parts that `write` wrote; None where there is no file.

    Raises:
        BadModel: where the file is damaged or belongs to another run.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            said = json.loads(file.metadata()["prismrec"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise BadModel(f"{path}: no checkpoint ({error}); remove it to start anew") from None
    if said["run"] != name:
        raise BadModel(
            f"{path}: belongs to a run with other data, settings or seed; remove it to start anew, "
            "or name another folder"
        )
    parts = _nested(tensors, said["plain"])
    return State(**said["state"], chosen=parts.pop("chosen", {})), parts


def _flattened(parts: Mapping[str, Any], place: str = "") -> tuple[dict[str, Tensor], list[Any]]:
    """Tensors by their place, and [place, value] of everything that JSON can hold."""
    tensors: dict[str, Tensor] = {}
    plain: list[Any] = []
    for key, value in parts.items():
        where = f"{place}{SEPARATOR}{key}" if place else str(key)
        if isinstance(value, Tensor):
            tensors[where] = value.detach().cpu().clone().contiguous()
        elif isinstance(value, Mapping):
            inner, rest = _flattened(value, where)
            tensors |= inner
            plain += rest
        else:
            plain.append([where, value])
    return tensors, plain


def _nested(tensors: Mapping[str, Tensor], plain: Iterable[Any]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for where, value in [*tensors.items(), *plain]:
        *folders, last = where.split(SEPARATOR)
        inside = parts
        for folder in folders:
            inside = inside.setdefault(folder, {})
        inside[last] = value
    return parts

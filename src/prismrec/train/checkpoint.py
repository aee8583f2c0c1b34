"""Checkpoint: the state of a run on disk, replaced in one step, read only by the same run."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from prismrec.errors import BadData, BadModel

__all__ = ["State", "folder_of", "read", "write"]

SEPARATOR = "/"
ANEW = "remove it to start anew"


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


def folder_of(path: Path) -> Path:
    """Make the folder of a checkpoint.

    Raises:
        BadData: where it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror
        raise BadData(f"{path}: cannot be a folder of checkpoints ({reason})") from None
    return path


def write(path: Path, state: State, parts: Mapping[str, Mapping[str, Any]], *, name: str) -> None:
    """Replace the file of a run.

    Args:
        path: of the file, in a folder that is there.
        state: where the run is.
        parts: nested dictionaries of tensors, numbers and lists: of the task and its optimizer.
        name: the run's identity.
    """
    tensors, plain = _flattened({**parts, "chosen": state.chosen})
    said = {key: value for key, value in vars(state).items() if key != "chosen"}
    text = json.dumps({"run": name, "state": said, "plain": plain})
    # One name, so that what a kill leaves half written is overwritten and does not pile up.
    aside = path.with_suffix(".writing")
    checksum = f"{_checksum(tensors, text):08x}"
    save_file(tensors, aside, metadata={"prismrec": text, "checksum": checksum})
    with aside.open("rb+") as stream:
        os.fsync(stream.fileno())
    aside.replace(path)


def read(path: Path, name: str) -> tuple[State, dict[str, Any]] | None:
    """The state and parts that `write` wrote; None where there is no file.

    Raises:
        BadModel: where the file is damaged or belongs to another run.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        text = metadata["prismrec"]
        if metadata["checksum"] != f"{_checksum(tensors, text):08x}":
            raise ValueError("its checksum does not match")
        said = json.loads(text)
        owner, parts = said["run"], _nested(tensors, said["plain"])
        state = State(**said["state"], chosen=parts.pop("chosen", {}))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise BadModel(f"{path}: no whole checkpoint ({error}); {ANEW}") from None
    if owner != name:
        raise BadModel(
            f"{path}: belongs to a run with another model, data, settings or seed; {ANEW}, or name "
            "another folder"
        )
    return state, parts


def _checksum(tensors: Mapping[str, Tensor], text: str) -> int:
    crc = zlib.crc32(text.encode())
    for name, tensor in sorted(tensors.items()):
        crc = zlib.crc32(f"{name}{tensor.dtype}{tuple(tensor.shape)}".encode(), crc)
        crc = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, crc)
    return crc


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

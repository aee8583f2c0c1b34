"""Where a run takes place: device, precision, and how several processes share a batch."""

from __future__ import annotations

import os
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor

from prismrec.errors import BadData
from prismrec.train import Training

__all__ = ["fabric_of", "part_of"]

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")


def fabric_of(how: Training) -> Fabric:
    """Lightning Fabric for a run, ready to use where the run has one process.

    With several, each process is a copy of the task that works on its part of every batch;
    gradients are averaged. Under torchrun the processes are those that it started, else they are
    started here.

    Raises:
        BadData: for a device or precision that is not there.
    """
    if how.precision not in PRECISIONS:
        raise BadData(f"precision is one of {', '.join(PRECISIONS)}, not {how.precision!r}")
    precision: Any = how.precision
    kind, _, number = _device(how.device).partition(":")
    devices: int | list[int] = [int(number)] if number and how.processes == 1 else how.processes
    strategy: str | DDPStrategy = "auto"
    if how.processes > 1:
        start: Literal["popen", "spawn"] = "spawn"
        if "TORCHELASTIC_RUN_ID" in os.environ:
            start = "popen"
        strategy = DDPStrategy(start_method=start, find_unused_parameters=True)
    return Fabric(accelerator=kind, devices=devices, precision=precision, strategy=strategy)


def _device(asked: str) -> str:
    """The device to use: what was asked for, if it is there."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if asked == "auto":
        return next(name for name, available in there.items() if available)
    kind, _, number = asked.partition(":")
    if not there.get(kind) or (number and not number.isdecimal()):
        known = ", ".join(name for name, available in there.items() if available)
        raise BadData(f"no device {asked!r} here; there is {known}")
    if kind == "cuda" and number and int(number) >= torch.cuda.device_count():
        raise BadData(f"no device {asked!r} here; there are {torch.cuda.device_count()}")
    return asked


def part_of(batch: tuple[Tensor, ...], fabric: Fabric) -> tuple[Tensor, ...]:
    """This process's rows of a batch, on its device."""
    rank, n = fabric.global_rank, fabric.world_size
    return tuple(tensor[rank::n].to(fabric.device, non_blocking=True) for tensor in batch)

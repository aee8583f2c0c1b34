"""Where a run takes place: device, precision, and which part of a batch is this process's."""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.precision.amp import MixedPrecision
from torch import Tensor

from prismrec.errors import BadData
from prismrec.train import Training, group

__all__ = ["device_of", "fabric_of", "part_of"]

Mixed = Literal["bf16-mixed", "16-mixed"]
PRECISIONS = ("32-true", *get_args(Mixed))


def fabric_of(how: Training) -> Fabric:
    """Lightning Fabric for this process, which has met its group where it is one of several.

    Raises:
        BadData: for a device or precision that is not there.
    """
    kind, _, number = device_of(how).partition(":")
    if group.in_group():
        group.join(kind)
    local = group.place()[2]
    devices: Any = [int(number or local)] if kind == "cuda" else 1
    # The group is our own affair: to Fabric each process is alone, also under torchrun.
    plugins: list[Any] = [LightningEnvironment()]
    if how.precision != "32-true":  # as a plugin, since Fabric announces what is asked by name
        plugins.append(MixedPrecision(cast(Mixed, how.precision), kind))
    return Fabric(accelerator=kind, devices=devices, plugins=plugins)


def device_of(how: Training) -> str:
    """The device to use: what was asked for, if it is there.

    Raises:
        BadData: for a device, precision or number of processes that cannot be had.
    """
    if how.precision not in PRECISIONS:
        raise BadData(f"precision is one of {', '.join(PRECISIONS)}, not {how.precision!r}")
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    device = how.device
    if device == "auto":
        device = next(name for name, available in there.items() if available)
    kind, _, number = device.partition(":")
    if not there.get(kind) or (number and (kind != "cuda" or not number.isdecimal())):
        known = ", ".join(name for name, available in there.items() if available)
        raise BadData(f"no device {device!r} here; there is {known}")
    if how.precision == "16-mixed" and kind != "cuda":
        raise BadData("precision 16-mixed needs a device cuda; take bf16-mixed")
    n, cards = how.processes, torch.cuda.device_count()
    if kind == "cuda" and number and int(number) >= cards:
        raise BadData(f"no device {device!r} here; there are {cards}, counted from 0")
    if n < 1 or (n > 1 and (number or kind == "mps")) or (kind == "cuda" and n > cards):
        raise BadData(
            f"{n} processes cannot share {device}; each takes a cuda device of its own (here are "
            f"{cards}; ask for cuda without a number) or cores of the cpu"
        )
    return device


def part_of(batch: tuple[Tensor, ...], fabric: Fabric) -> tuple[tuple[Tensor, ...], float]:
    """This process's rows of a batch, on its device, and the weight of their mean loss.

    The mean over processes of weight x loss is the mean loss of the whole batch, also where it
    cannot be shared out evenly. Who is left without a row works on the first one at weight 0.
    """
    rank, n, _ = group.place()
    if n == 1 or not batch:
        return tuple(tensor.to(fabric.device, non_blocking=True) for tensor in batch), 1.0
    size = len(batch[0])
    rows = slice(rank, None, n) if rank < size else slice(1)
    part = tuple(tensor[rows].to(fabric.device, non_blocking=True) for tensor in batch)
    return part, len(range(rank, size, n)) * n / size

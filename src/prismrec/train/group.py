"""Group: processes that share each batch, and what they tell each other. Alone, all is local."""

from __future__ import annotations

import atexit
import os

import torch
from torch import Tensor, distributed, nn

__all__ = ["average", "first_says", "in_group", "join", "mean", "place"]


def in_group() -> bool:
    """Whether this process was started as one of several, by torchrun or by `launch`."""
    if not distributed.is_available():
        return False
    return distributed.is_initialized() or distributed.is_torchelastic_launched()


def join(device: str, *, meeting: str = "env://", rank: int = -1, size: int = -1) -> None:
    """Meet the others, once; what is not given is what torchrun says.

    Args:
        device: cpu or cuda.
        meeting: address of a store that all can reach.
        rank: number of this process, from 0.
        size: how many processes there are.
    """
    if distributed.is_initialized():
        return
    backend = "gloo" if device == "cpu" else "nccl"
    distributed.init_process_group(backend, init_method=meeting, rank=rank, world_size=size)
    atexit.register(distributed.destroy_process_group)


def place() -> tuple[int, int, int]:
    """Number of this process, how many there are, and its number on this machine."""
    if not in_group():
        return 0, 1, 0
    rank = distributed.get_rank()
    return rank, distributed.get_world_size(), int(os.environ.get("LOCAL_RANK", rank))


def average(task: nn.Module) -> None:
    """Replace gradients by their means over the processes; one that nobody has stays None."""
    if not in_group():
        return
    parameters = [p for p in task.parameters() if p.requires_grad]
    if not parameters:
        return
    there = torch.stack([torch.tensor(float(p.grad is not None)) for p in parameters])
    parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    flat = mean(torch.cat([there.to(parts[0]), *[part.reshape(-1) for part in parts]]))
    end = len(parts)
    for parameter, any_there in zip(parameters, flat[:end].tolist(), strict=True):
        new = flat[end : end + parameter.numel()].view_as(parameter)
        parameter.grad = new if any_there else None
        end += parameter.numel()


def mean(value: Tensor) -> Tensor:
    """The mean over the processes."""
    if not in_group():
        return value
    distributed.all_reduce(value)
    return value / distributed.get_world_size()


def first_says(value: float) -> float:
    """What the first process says; what the others give does not matter."""
    if not in_group():
        return value
    said = [value]
    distributed.broadcast_object_list(said, src=0)
    return said[0]

"""The mean or the sum of what is there: no parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.fusion import Linear, masked

__all__ = ["Mean", "Sum"]


@dataclass(frozen=True)
class Mean:
    """Mean over present modalities: an item with one picture counts as much as one with all media.

    Strength: nothing to learn or to overfit. Weakness: a loud or useless modality counts as much as
    a telling one.

    Relations: `weighted` learns the shares; `sum` lets items with more media have longer vectors.
    """

    symmetric: ClassVar[bool] = True

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """An operator without parameters."""
        return _Total(n_modalities, dim, mean=True)


@dataclass(frozen=True)
class Sum:
    """Sum over present modalities: evidence adds up.

    Relations: `mean` divides by how many there are.
    """

    symmetric: ClassVar[bool] = True

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """An operator without parameters."""
        return _Total(n_modalities, dim, mean=False)


class _Total(nn.Module):
    def __init__(self, n_modalities: int, dim: int, *, mean: bool) -> None:
        super().__init__()
        self.n_modalities, self.dim, self.mean = n_modalities, dim, mean

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        total = masked(x, present).sum(dim=1)  # (n, d)
        if not self.mean:
            return total
        return total / present.sum(dim=1, keepdim=True).clamp_min(1)

    def linear(self) -> Linear:
        maps = torch.eye(self.dim).repeat(self.n_modalities, 1, 1)
        shares = torch.ones(self.n_modalities) if self.mean else None
        return Linear(maps, torch.zeros(self.dim), shares)

"""Weighted: one share for each modality, fixed or learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.errors import BadData
from prismrec.fusion import Linear, masked

__all__ = ["Weighted"]


@dataclass(frozen=True)
class Weighted:
    """Weighted mean over present modalities; where one is absent the others share its weight.

    Strength: one number for each modality, which anybody can read. Weakness: the same shares for
    every item.

    Relations: with equal weights it is `mean`; `attention` gives each item shares of its own.
    """

    weights: tuple[float, ...] = ()  # fixed ones, in the order of modalities; none: learnt

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Learns or holds m weights.

        Raises:
            BadData: where the number of fixed weights is another, or one is not positive.
        """
        if self.weights and (len(self.weights) != n_modalities or min(self.weights) <= 0):
            raise BadData(
                f"weighted: {n_modalities} positive weights are needed, not {self.weights}"
            )
        return _Weighted(self.weights, n_modalities, dim)


class _Weighted(nn.Module):
    def __init__(self, fixed: tuple[float, ...], n_modalities: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        start = torch.tensor(fixed or [1.0] * n_modalities).log()
        self.log_weights = nn.Parameter(start, requires_grad=not fixed)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        weights = self.log_weights.exp() * present  # (n, m)
        weights = weights / weights.sum(dim=1, keepdim=True).clamp_min(1e-30)
        return torch.einsum("nm,nmd->nd", weights, masked(x, present))

    def linear(self) -> Linear:
        weights = self.log_weights.detach().exp()
        maps = torch.eye(self.dim).repeat(len(weights), 1, 1)
        return Linear(maps, torch.zeros(self.dim), weights)

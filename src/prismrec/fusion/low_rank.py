"""Low-rank bilinear fusion: modalities multiply, without the tensor of all products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.fusion import any_present, masked

__all__ = ["LowRank"]


@dataclass(frozen=True)
class LowRank:
    """Sum over `rank` of the product over modalities of linear maps; an absent one is a factor 1.

    Strength: sees which values occur together, at the cost of sums. Weakness: products of many
    modalities are hard to train; keep `rank` small.

    Source: Liu and others, "Efficient low-rank multimodal fusion with modality-specific factors",
    2018 (arXiv 1806.00064).

    Relations: `tensor` holds all products; `concatenation` holds none.
    """

    rank: int = 4  # terms of the sum

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Learns m x rank maps (d + 1) x d."""
        return _LowRank(n_modalities, dim, self.rank)


class _LowRank(nn.Module):
    def __init__(self, n_modalities: int, dim: int, rank: int) -> None:
        super().__init__()
        self.factors = nn.Parameter(torch.empty(n_modalities, rank, dim, dim))
        nn.init.normal_(self.factors, std=dim**-0.5)
        self.ones = nn.Parameter(torch.ones(n_modalities, rank, dim))  # each x is [x; 1]
        self.terms = nn.Parameter(torch.full((rank,), 1 / rank))

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        mapped = torch.einsum("nmd,mrde->nmre", masked(x, present), self.factors) + self.ones
        mapped = torch.where(present[:, :, None, None], mapped, torch.ones_like(mapped))
        out = torch.einsum("nre,r->ne", mapped.prod(dim=1), self.terms)
        return out * any_present(present)

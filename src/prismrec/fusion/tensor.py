"""Tensor fusion: every product of one value from each modality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.errors import TooLarge
from prismrec.fusion import any_present, masked

__all__ = ["TensorFusion"]

MOST = 1 << 16  # products


@dataclass(frozen=True)
class TensorFusion:
    """Outer product of [x; 1] over modalities, each shortened to `width` first, then a linear map.

    An absent modality is [0; 1], so products of the others remain.

    Strength: every interaction has a weight of its own. Weakness: (width + 1) to the power of m
    products; the map back to d dimensions holds most parameters.

    Source: Zadeh and others, "Tensor fusion network for multimodal sentiment analysis", 2017 (arXiv
    1707.07250). Departure: modalities are shortened first.

    Relations: `low-rank` does without the tensor.
    """

    width: int = 8  # values of each modality that take part

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Learns m maps d x width, and (width + 1) ** m x d weights.

        Raises:
            TooLarge: where there would be more than 65,536 products.
        """
        products = (self.width + 1) ** n_modalities
        if products > MOST:
            raise TooLarge(
                f"tensor: {products:,} products of {n_modalities} modalities; take a smaller "
                "width, or low-rank"
            )
        return _TensorFusion(n_modalities, dim, self.width)


class _TensorFusion(nn.Module):
    def __init__(self, n_modalities: int, dim: int, width: int) -> None:
        super().__init__()
        self.short = nn.Parameter(torch.empty(n_modalities, dim, width))
        nn.init.normal_(self.short, std=dim**-0.5)
        self.project = nn.Linear((width + 1) ** n_modalities, dim)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        short = torch.einsum("nmd,mdw->nmw", masked(x, present), self.short)
        short = torch.cat([short, short.new_ones(*short.shape[:2], 1)], dim=2)  # (n, m, w + 1)
        products = short[:, 0]
        for place in range(1, short.shape[1]):
            products = torch.einsum("np,nw->npw", products, short[:, place]).flatten(1)
        out: Tensor = self.project(products)
        return out * any_present(present)

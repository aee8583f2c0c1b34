"""Transformer: modalities look at each other before they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.errors import BadData
from prismrec.fusion import any_present, masked

__all__ = ["Transformer"]


@dataclass(frozen=True)
class Transformer:
    """Self-attention layers over present modalities, each with a learnt mark; then their mean.

    Strength: what one modality means can depend on the others. Weakness: the most parameters and
    the most data needed of all operators here.

    Source: Vaswani and others 2017 (arXiv 1706.03762), pre-norm; across modalities: Tsai and others
    2019 (arXiv 1906.00295).

    Relations: `attention` is one layer with a learnt query and no looking at each other.
    """

    heads: int = 4  # must divide the dimension
    layers: int = 1
    dropout: float = 0.1  # while training

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Layers with a hidden width of 2 d.

        Raises:
            BadData: where the heads do not divide the dimension.
        """
        if dim % self.heads:
            raise BadData(f"transformer: {self.heads} heads do not divide {dim} dimensions")
        layers = [
            nn.TransformerEncoderLayer(
                dim, self.heads, 2 * dim, self.dropout, batch_first=True, norm_first=True
            )
            for _ in range(self.layers)
        ]
        return _Transformer(n_modalities, dim, layers)


class _Transformer(nn.Module):
    def __init__(self, n_modalities: int, dim: int, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.marks = nn.Parameter(0.02 * torch.randn(n_modalities, dim))
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        x = masked(x, present) + self.marks
        # A row with nothing looks at its zeros: a softmax over nothing would be NaN.
        hidden = ~present & any_present(present)
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=hidden)
        total = masked(x, present).sum(dim=1)
        return total / present.sum(dim=1, keepdim=True).clamp_min(1)

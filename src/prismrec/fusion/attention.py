"""Attention: each item's own shares, by how each modality answers to learnt questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.errors import BadData
from prismrec.fusion import masked, shares

__all__ = ["Attention"]


@dataclass(frozen=True)
class Attention:
    """Learnt queries weigh the present modalities; each head looks at dim / heads dimensions.

    Strength: shares differ from item to item and can be shown. Weakness: it judges a modality by
    its own vector only, not by what the others say.

    Source: Bahdanau and others 2015 (arXiv 1409.0473); scaled dot product: Vaswani and others 2017
    (arXiv 1706.03762).

    Relations: `weighted` has the same shares for all; `transformer` lets modalities look at each
    other first.
    """

    heads: int = 4  # must divide the dimension

    symmetric: ClassVar[bool] = True

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Keys and values d x d, one query.

        Raises:
            BadData: where the heads do not divide the dimension.
        """
        if dim % self.heads:
            raise BadData(f"attention: {self.heads} heads do not divide {dim} dimensions")
        return _Attention(dim, self.heads)


class _Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.key, self.value = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.query = nn.Parameter(torch.randn(heads, dim // heads) * (dim // heads) ** -0.5)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        n, m, d = x.shape
        x = masked(x, present)
        keys = self.key(x).reshape(n, m, *self.query.shape)  # (n, m, h, d / h)
        values: Tensor = self.value(x).reshape(n, m, *self.query.shape)
        scores = (keys * self.query).sum(dim=-1) * self.query.shape[1] ** -0.5  # (n, m, h)
        return (shares(scores, present).unsqueeze(-1) * values).sum(dim=1).reshape(n, d)

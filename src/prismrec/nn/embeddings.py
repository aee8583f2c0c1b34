"""Embeddings: a learnt vector for each user or item."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["embedding", "rows", "settled"]


def embedding(n: int, dim: int) -> nn.Parameter:
    """(n, dim) learnt vectors that start as small noise (Xavier's uniform range)."""
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(n, dim)))


def rows(vectors: Tensor, chosen: Tensor) -> Tensor:
    """(b, d) the chosen rows; twice as fast backwards as an index in square brackets."""
    return vectors.index_select(0, chosen)


def settled(vectors: Tensor, used: Tensor) -> Tensor:
    """(n, d) vectors, with the mean of the used rows where nothing was learnt.

    Args:
        vectors: (n, d).
        used: (n,) bool, which rows the log knows; one at least.
    """
    return torch.where(used.unsqueeze(1), vectors, vectors[used].mean(dim=0))

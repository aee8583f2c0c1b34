"""Graph: the modalities of an item are nodes that send each other messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.fusion import masked, shares

__all__ = ["Graph"]


@dataclass(frozen=True)
class Graph:
    """Rounds of messages over learnt edges between present modalities; then their mean.

    Strength: who listens to whom is one readable table, the same for all items. Weakness: it cannot
    change from item to item.

    Source: Mai and others, "Modality to modality translation: an adversarial representation
    learning and graph fusion network", 2020 (arXiv 1911.07848), for modalities as nodes. Departure:
    edges are learnt weights and there are no nodes for pairs.

    Relations: `transformer` computes its edges from the vectors.
    """

    rounds: int = 2  # of messages

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Learns m x m edges and a map d x d for each round."""
        return _Graph(n_modalities, dim, self.rounds)


class _Graph(nn.Module):
    def __init__(self, n_modalities: int, dim: int, rounds: int) -> None:
        super().__init__()
        self.edges = nn.Parameter(torch.zeros(n_modalities, n_modalities))  # from, to
        self.maps = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(rounds))

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        x = masked(x, present)
        flow = shares(self.edges.expand(len(x), -1, -1), present)  # (n, from, to)
        for each in self.maps:
            x = x + torch.tanh(each(torch.einsum("nft,nfd->ntd", flow, x)))
        return masked(x, present).sum(dim=1) / present.sum(dim=1, keepdim=True).clamp_min(1)

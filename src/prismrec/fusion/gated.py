"""Gated: item by item and dimension by dimension, which modality is listened to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.fusion import masked, shares

__all__ = ["Gated"]


@dataclass(frozen=True)
class Gated:
    """Each modality is mapped by itself; gates that see all of them divide each dimension.

    Strength: a modality can speak in some dimensions and be silent in others. Weakness: gates cost
    m times the parameters of `concatenation`.

    Source: Arevalo and others, "Gated multimodal units for information fusion", 2017 (arXiv
    1702.01992). Departure: gates are a softmax over present modalities, for any number of them.

    Relations: `attention` has one share for all dimensions.
    """

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Learns m maps d x d, and gates (m d) x (m d)."""
        return _Gated(n_modalities, dim)


class _Gated(nn.Module):
    def __init__(self, n_modalities: int, dim: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.empty(n_modalities, dim, dim))
        for weight in self.maps:
            nn.init.xavier_uniform_(weight)
        self.gates = nn.Linear(n_modalities * dim, n_modalities * dim)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        x = masked(x, present)
        heard = torch.tanh(torch.einsum("nmd,mde->nme", x, self.maps))
        gates = self.gates(x.flatten(1)).reshape(heard.shape)  # (n, m, d)
        return (shares(gates, present) * heard).sum(dim=1)

"""Concatenation: all modalities side by side, then one linear map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from prismrec.fusion import Linear, any_present, masked

__all__ = ["Concatenation"]


@dataclass(frozen=True)
class Concatenation:
    """A linear map of the modalities side by side; an absent one enters as zeros.

    Strength: sees every dimension of every modality. Weakness: parameters grow with their number,
    and nothing makes up for one that is missing.

    Relations: the sum of one linear map for each modality is the same thing; `gated` chooses
    between such maps item by item.
    """

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """(m d) x d weights and a bias."""
        return _Concatenation(n_modalities, dim)


class _Concatenation(nn.Module):
    def __init__(self, n_modalities: int, dim: int) -> None:
        super().__init__()
        self.project = nn.Linear(n_modalities * dim, dim)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        out: Tensor = self.project(masked(x, present).flatten(1))  # (n, d)
        return out * any_present(present)

    def linear(self) -> Linear:
        weight, bias = self.project.weight.detach(), self.project.bias.detach()
        return Linear(weight.T.reshape(-1, len(bias), len(bias)), bias)

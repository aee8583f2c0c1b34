"""Fusion: what several modalities of an item say, as one vector."""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor, nn

__all__ = ["Fusion", "any_present", "masked", "shares"]


class Fusion(Protocol):
    """A frozen dataclass of hyperparameters that builds an operator.

    The operator maps x (n, m, d) and present (n, m) bool to (n, d). Values of absent modalities are
    ignored, whatever they are; a row without any modality is zero; a row's result does not depend
    on other rows. Operators that call themselves `symmetric` do not tell modalities apart.
    """

    symmetric: ClassVar[bool]

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """An operator for m modalities of d dimensions each."""
        ...


def masked(x: Tensor, present: Tensor) -> Tensor:
    """(n, m, d) with zeros where a modality is absent, also where it held NaN."""
    return x.masked_fill(~present.unsqueeze(-1), 0)


def any_present(present: Tensor) -> Tensor:
    """(n, 1) bool, whether a row has any modality."""
    return present.any(dim=1, keepdim=True)


def shares(scores: Tensor, present: Tensor) -> Tensor:
    """Softmax of scores (n, m, ...) over present modalities; zero throughout where none is."""
    present = present.reshape(*present.shape, *[1] * (scores.dim() - 2))
    scores = scores.masked_fill(~present, float("-inf"))
    highest = scores.amax(dim=1, keepdim=True).clamp_min(-1e30).detach()
    weights = (scores - highest).exp()
    return weights / weights.sum(dim=1, keepdim=True).clamp_min(1e-30)

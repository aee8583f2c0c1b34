"""Fusion: what several modalities of an item say, as one vector."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, Protocol

from torch import Tensor, nn

__all__ = ["Fusion", "Linear", "any_present", "masked", "shares"]


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


class Linear(NamedTuple):
    """An operator as arrays: the sum of shares_m x_m maps_m over present modalities, plus bias.

    Where there are shares, the sum is divided by those of the present ones. An operator that is no
    more than this may say so by a method `linear() -> Linear`; then new items are read without
    torch.
    """

    maps: Tensor  # (m, d, d)
    bias: Tensor  # (d,)
    shares: Tensor | None = None  # (m,) positive; None: 1 each, and nothing is divided


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

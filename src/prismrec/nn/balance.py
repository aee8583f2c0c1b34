"""Balance: training in which a strong modality does not keep a weak one from learning."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["Turns", "dropped", "modulate", "pace", "successes"]


def dropped(present: Tensor, rate: float, training: bool = True) -> Tensor:
    """Presence (n, m) with each present modality hidden with probability `rate`, never the last.

    What is hidden is to be handed to the fusion instead of `present`, so that a hidden modality is
    as absent as one that the item lacks. Outside training nothing is hidden.

    Source: N. Neverova and others 2015, ModDrop, arXiv 1501.00102. Departure: of a row whose
    modalities all fell, one stays, drawn evenly.
    """
    if not training or not rate or present.shape[1] < 2:
        return present
    luck = torch.rand(present.shape, device=present.device).masked_fill(~present, -1)
    return present & ((luck >= rate) | (luck == luck.amax(dim=1, keepdim=True)))


def successes(odds: Tensor, present: Tensor) -> Tensor:
    """(m,) how well each modality does alone: its mean probability of what is right.

    Args:
        odds: (n, m) logarithmic odds of the right answer when only that modality speaks, such as
            the difference of the scores of a used item and another one.
        present: (n, m) bool, which modalities take part; of one that never does, 1/2.
    """
    right = (odds.detach().sigmoid() * present).sum(dim=0)
    n = present.sum(dim=0)
    return torch.where(n > 0, right / n.clamp_min(1), 0.5)


def pace(success: Tensor, strength: float = 0.5) -> Tensor:
    """(m,) by how much the gradient of each modality is to be multiplied, in (0, 1].

    One that is ahead, its success being r > 1 times the mean of the others', is slowed to
    1 - tanh(strength r); the rest are left alone.

    Args:
        success: (m,) positive, such as `successes` gives, or of a softmax.
        strength: 0 slows none.

    Source: X. Peng and others 2022, OGM-GE, arXiv 2203.15332, for two modalities. Departure: with
    more of them, each is measured against the mean of the others.
    """
    if len(success) < 2:
        return torch.ones_like(success)
    others = (success.sum() - success) / (len(success) - 1)
    ratio = success / others.clamp_min(1e-12)
    return torch.where(ratio > 1, 1 - torch.tanh(strength * ratio), 1.0)


def modulate(parts: Sequence[nn.Module], by: Tensor, *, noise: bool = False) -> None:
    """Multiply the gradients of each modality's own module; call it in `after_backward()`.

    Args:
        parts: m modules without common parameters, such as `Media.projections`.
        by: (m,) such as `pace` gives.
        noise: add to a gradient noise of its own standard deviation, where more than one value
            has a gradient. The paper does so against what slowing takes from chance.

    Source: OGM-GE, see `pace`. Relations: `dropped` makes a weak modality answer alone; this lets
    the strong one wait.
    """
    for part, factor in zip(parts, by, strict=True):
        for parameter in part.parameters():
            if parameter.grad is None:
                continue
            deviation = parameter.grad.std() if noise and parameter.numel() > 1 else None
            parameter.grad.mul_(factor)
            if deviation is not None:
                parameter.grad.add_(torch.randn_like(parameter.grad) * deviation)


class Turns(nn.Module):
    """Slows modalities by letting them sit out steps: what `modulate` cannot do under Adam.

    Adam divides a gradient by its usual size, so a factor that stays is forgotten. Here a modality
    steps in the share of steps that its pace names, evenly spread, and else has no gradient.
    """

    credit: Tensor

    def __init__(self, n_modalities: int) -> None:
        super().__init__()
        self.register_buffer("credit", torch.zeros(n_modalities))

    def forward(self, parts: Sequence[nn.Module], by: Tensor) -> None:
        """Take the gradients from those whose turn it is not; call it in `after_backward()`.

        Args:
            parts: m modules without common parameters, such as `Media.projections`.
            by: (m,) such as `pace` gives.
        """
        self.credit += by + 1e-6  # so that 10 times 0.3 is 3 in float32
        steps = self.credit >= 1
        self.credit -= steps.to(self.credit)
        for part, takes_part in zip(parts, steps.tolist(), strict=True):
            if not takes_part:
                part.zero_grad(set_to_none=True)

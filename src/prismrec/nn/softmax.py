"""Softmax over a catalogue: the loss of naming the right item among all, or among a sample."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

__all__ = ["full_softmax", "sampled_softmax"]

BLOCK = 1 << 21  # scores held at once: 8 MiB of float32, near the cache


def full_softmax(states: Tensor, items: Tensor, targets: Tensor) -> Tensor:
    """Mean of -log of the share that softmax(states @ items.T) gives to the right items.

    Scores exist in blocks only: both gradients are taken on the way forward, so that memory does
    not grow with states x items, and a score is computed once instead of being stored and read.

    Args:
        states: (n, d) what is known; n may be 0.
        items: (c, d) vectors of all candidates.
        targets: (n,) the right row of `items` for each state.
    """
    loss: Tensor = _FullSoftmax.apply(states, items, targets)  # type: ignore[no-untyped-call]
    return loss


class _FullSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> Tensor:
        states, items, targets = given
        ctx.types = states.dtype, items.dtype
        with torch.autocast(states.device.type, enabled=False):  # a sum over many in half is rough
            loss, *gradients = _in_blocks(states.float(), items.float(), targets)
        ctx.save_for_backward(*gradients)
        return loss

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        to_states, to_items = (
            (grads[0] * part).to(kind)
            for part, kind in zip(ctx.saved_tensors, ctx.types, strict=True)
        )
        return to_states, to_items, None


def _in_blocks(states: Tensor, items: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The loss, and its gradients by states and items."""
    n, size = max(1, len(states)), max(1, min(len(states), BLOCK // len(items)))
    to_states, to_items = torch.empty_like(states), torch.zeros_like(items)
    total, turned = states.new_zeros(()), items.T.contiguous()
    buffer = states.new_empty((size, len(items)))  # fresh memory for each block costs more
    for start in range(0, len(states), size):
        x, y = states[start : start + size], targets[start : start + size]
        scores = torch.mm(x, turned, out=buffer[: len(x)])
        own = scores.gather(1, y[:, None])
        top = scores.amax(dim=1, keepdim=True)
        shares = scores.sub_(top).exp_()
        sums = shares.sum(dim=1, keepdim=True)
        total += (sums.log() + top - own).sum()
        to_states[start : start + size] = (shares @ items) / sums - items.index_select(0, y)
        to_items.addmm_(shares.T, x / sums)
    to_items.index_add_(0, targets, states, alpha=-1)
    return total / n, to_states / n, to_items / n


def sampled_softmax(
    states: Tensor, right: Tensor, others: Tensor, *, hits: Tensor, n: int
) -> Tensor:
    """An estimate of `full_softmax` from a sample of candidates that the whole batch shares.

    The sum over all candidates is that over the sample, scaled up, plus the right item.

    Args:
        states: (b, d) what is known.
        right: (b, d) vector of the right item of each.
        others: (k, d) vectors of candidates drawn evenly.
        hits: (b, k) bool, where a drawn candidate is the right item itself.
        n: how many candidates there are to draw from.

    Source: S. Jean and others 2015, arXiv 1412.2007, with an even draw.
    """
    own = (states * right).sum(dim=1, keepdim=True)
    scores = (states @ others.T).masked_fill(hits, float("-inf")) + math.log(n / len(others))
    return (torch.hstack([own, scores]).logsumexp(dim=1) - own[:, 0]).sum() / max(1, len(states))

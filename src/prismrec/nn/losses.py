"""Losses: what training makes small."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["bpr", "squared"]


def bpr(used: Tensor, others: Tensor) -> Tensor:
    """Mean of -log sigmoid(used - others): what was used ranks above what was not.

    Args:
        used: (n,) scores of what was used.
        others: (n,) scores of what was not, by the same user.

    Source: S. Rendle and others 2009, Bayesian personalised ranking, arXiv 1205.2618.

    Relations: only pairs are compared.
    """
    return softplus(others - used).mean()


def squared(*parts: Tensor) -> Tensor:
    """Half the squared length of some rows, as a mean over them: the usual l2 of a batch.

    Args:
        parts: each (n, d), all with the same n.
    """
    total = sum((part.square().sum() for part in parts), parts[0].new_zeros(()))
    return total / (2 * len(parts[0]))

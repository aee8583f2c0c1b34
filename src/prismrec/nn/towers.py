"""From a trained task to a ranker that needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from prismrec.data.dataset import Dataset
from prismrec.rankers import Towers
from prismrec.rankers.newcomers import Newcomers

__all__ = ["TwoTowers", "as_towers"]


class TwoTowers(Protocol):
    """A task that ends in a vector per user and per item.

    Where it has `biased = True`, the last dimension of a user is 1, that of an item its bias.
    """

    def towers(self) -> tuple[Tensor, Tensor]:
        """Users (n_users, d) and items (n_items, d); a score is their dot product."""
        ...


def as_towers(
    task: TwoTowers, train: Dataset, *, about: Mapping[str, Any], media: bool = True
) -> Towers:
    """The vectors of a trained task as a ranker.

    Args:
        task: on the CPU, in evaluation mode.
        train: what it was trained on.
        about: for the manifest: hyperparameters and how the training went.
        media: whether the model looks at media. Then it has an opinion of items that have any, and
            new ones find their place by their vectors; else only of items that were used. Raw
            media are not kept: what they are like is known to the network alone.
    """
    with torch.no_grad():
        users, items = (side.float().numpy() for side in task.towers())
    bias = None
    if getattr(task, "biased", False):
        # Apart, so that a stranger is the mean of some items without that of their biases.
        users, items, bias = users[:, :-1], items[:, :-1], items[:, -1]
    known = train.item_support() > 0
    for feature in train.items.values() if media else ():
        known |= feature.present
    vectors = {name: f for name, f in train.items.items() if f.layout == "vector"}
    return Towers(
        users,
        items,
        bias,
        has_opinion=None if known.all() else known,
        newcomers=Newcomers.of(vectors) if media else None,
        about=about,
    )

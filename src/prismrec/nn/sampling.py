"""Sampling: what a batch of training is made of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from prismrec.data.dataset import Dataset
from prismrec.types import Bools, Ints

__all__ = ["Pairs", "shuffled"]

FEWEST = 16  # steps of an epoch
TRIES = 20  # draws of a negative before one that the user has used is let pass


class Pairs:
    """The distinct pairs of a log, each with an item that its user did not use.

    Such negatives are drawn evenly from the items that anybody used: an item without any history
    was not passed over, it was not there, and pushing it down would spoil new items.
    """

    def __init__(self, train: Dataset) -> None:
        matrix = train.matrix()
        matrix.sort_indices()
        self.n_items = train.n_items
        self.items = matrix.indices.astype(np.int64)
        self.users = np.repeat(np.arange(train.n_users), np.diff(matrix.indptr)).astype(np.int64)
        self.keys = self.users * self.n_items + self.items  # sorted
        self.candidates = np.unique(self.items)

    def __len__(self) -> int:
        return len(self.users)

    def used(self, users: Ints, items: Ints) -> Bools:
        """Which of some pairs are in the log; any equal shapes."""
        keys = users * self.n_items + items
        places = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        found: Bools = self.keys[places] == keys
        return found

    def negatives(self, rng: np.random.Generator, users: Ints, n: int = 1) -> Ints:
        """(len(users), n) items that each user did not use.

        A user who used nearly everything may get a used one after 20 draws.
        """
        drawn = rng.choice(self.candidates, (len(users), n))
        wrong = np.flatnonzero(self.used(users[:, None], drawn))
        flat = drawn.reshape(-1)
        for _ in range(TRIES):
            if not len(wrong):
                break
            flat[wrong] = rng.choice(self.candidates, len(wrong))
            wrong = wrong[self.used(users[wrong // n], flat[wrong])]
        return drawn

    def batches(self, rng: np.random.Generator, size: int) -> Iterator[tuple[Tensor, ...]]:
        """One epoch: users, used items and others, each (b,) int64, in random order.

        A small log is cut into batches smaller than `size`, so that an epoch has 16 steps or more.
        """
        size = max(1, min(size, -(-len(self) // FEWEST)))
        order = rng.permutation(len(self))
        users, items = self.users[order], self.items[order]
        others = self.negatives(rng, users)[:, 0]
        tensors = [torch.from_numpy(a) for a in (users, items, others)]
        for start in range(0, len(self), size):
            yield tuple(tensor[start : start + size] for tensor in tensors)


def shuffled(rng: np.random.Generator, rows: Ints, size: int) -> Iterator[tuple[Tensor, ...]]:
    """One epoch over some rows in random order, in batches of one tensor (b,)."""
    order = torch.from_numpy(rng.permutation(rows))
    for start in range(0, len(order), size):
        yield (order[start : start + size],)

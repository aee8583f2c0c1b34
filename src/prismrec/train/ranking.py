"""How well towers rank held-out choices: the figure that ends a training early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from prismrec.holdout import HeldOut

__all__ = ["Recall"]

BLOCK = 1 << 21  # scores held at once: 8 MiB of float32, near the cache


@dataclass(frozen=True, eq=False)
class Recall:
    """Mean recall@k over people, the whole catalogue ranked without what each has used."""

    held: HeldOut  # what is to be found, and what each has used
    k: int = 20  # length of the lists, at most a tenth of the catalogue: else all find everything

    def __call__(self, task: Any) -> float:
        """The figure of a task with `towers()`: users (n_users, d) and items (n_items, d)."""
        users, items = task.towers()
        n_items, k = len(items), max(1, min(self.k, len(items) // 10))
        items = items.float().T.contiguous()
        users = users[torch.from_numpy(self.held.query.users).to(items.device)].float()
        size = max(1, min(len(users), BLOCK // n_items))
        buffer = items.new_empty((size, n_items))  # fresh memory for each block costs more
        total = 0.0
        for start in range(0, len(users), size):
            block = np.arange(start, min(start + size, len(users)))
            scores = torch.mm(users[start : start + size], items, out=buffer[: len(block)])
            seen, wanted = self.held.query.history.take(block), self.held.choices.take(block)
            hidden = torch.from_numpy(seen.rows * n_items + seen.values)
            scores.view(-1)[hidden.to(items.device)] = -torch.inf
            top = scores.topk(k, sorted=False).indices.cpu().numpy()
            listed = np.sort((top + (np.arange(len(block)) * n_items)[:, None]).reshape(-1))
            keys = wanted.rows * n_items + wanted.values
            found = listed[np.searchsorted(listed, keys).clip(max=len(listed) - 1)] == keys
            total += float((found / wanted.lengths[wanted.rows]).sum())
        return total / len(users)

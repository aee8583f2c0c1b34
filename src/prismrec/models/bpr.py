"""Matrix factorisation trained on comparisons: the plainest model with a vector for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.losses import bpr, squared
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["Bpr"]


@dataclass(frozen=True)
class Bpr:
    """Score = user . item + bias of the item; what was used shall rank above what was not.

    Source: S. Rendle and others 2009, Bayesian personalised ranking from implicit feedback,
    arXiv 1205.2618. Departures: Adam in batches instead of single steps; negatives are drawn
    from the items that anybody used.

    Relations: `lightgcn` smooths the same vectors over the graph; `vbpr` adds media; `ease` and
    `item-knn` relate items directly and need no training.
    """

    dim: int = among(64, (32, 64, 128))
    l2: float = searched(1e-2, 1e-5, 1e-1, log=True)  # of the vectors in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log; media are not looked at."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Bpr(self, log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_towers(trained.task, train, about=about, media=False)


class _Bpr(nn.Module):
    biased = True

    def __init__(self, model: Bpr, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.bias = nn.Parameter(torch.zeros(train.n_items, 1))

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def towers(self) -> tuple[Tensor, Tensor]:
        ones = torch.ones_like(self.users[:, :1])
        return torch.hstack([self.users, ones]), torch.hstack([self.items, self.bias])

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        u, i, j = rows(self.users, users), rows(self.items, used), rows(self.items, others)
        liked = (u * i).sum(1) + rows(self.bias, used)[:, 0]
        passed = (u * j).sum(1) + rows(self.bias, others)[:, 0]
        return bpr(liked, passed) + self.model.l2 * squared(u, i, j)

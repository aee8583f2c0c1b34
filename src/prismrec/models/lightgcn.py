"""Light graph convolution: people and items are the mean of what is near them in the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.losses import bpr, squared
from prismrec.nn.propagation import mean_of_layers, normalised
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["LightGcn"]


@dataclass(frozen=True)
class LightGcn:
    """Embeddings smoothed over the graph of who used what, without weights or activations.

    Layer k + 1 of a user is the sum of layer k of the used items, each divided by the root of both
    degrees; users and items are the mean of layers 0 to `layers`.

    Source: X. He and others 2020, LightGCN, arXiv 2002.02126. Departures: l2 is the mean over a
    batch; negatives are drawn from the items that anybody used.

    Relations: without layers it is `bpr` less the biases; `freedom`, `mgcn` and `smore` add graphs
    of items that look, read or sound alike; the relation of `prism`'s low-pass part is its limit
    in closed form.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour may be
    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the embeddings in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log; media are not looked at."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _LightGcn(self, log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_towers(trained.task, train, about=about, media=False)


class _LightGcn(nn.Module):
    def __init__(self, model: LightGcn, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.graph = normalised(train.matrix())

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def towers(self) -> tuple[Tensor, Tensor]:
        return mean_of_layers(self.graph, self.users, self.items, layers=self.model.layers)

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        all_users, all_items = self.towers()
        both = torch.cat([used, others])
        u, items = rows(all_users, users), rows(all_items, both)
        liked, passed = (u * items.view(2, *u.shape)).sum(dim=2)
        first = rows(self.users, users), rows(self.items, both)
        return bpr(liked, passed) + self.model.l2 * squared(*first)

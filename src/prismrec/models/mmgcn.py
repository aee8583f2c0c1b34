"""One graph for each medium: what is near in the log is seen, read and heard apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows, settled
from prismrec.nn.losses import bpr, squared
from prismrec.nn.media import Media
from prismrec.nn.propagation import Graph
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["Mmgcn"]


@dataclass(frozen=True)
class Mmgcn:
    """Users and items have a vector for each medium, spread over the log by itself; then summed.

    In medium m an item starts as its projected feature and a user as a learnt vector. Layer k + 1
    of x is a(V_m h + a(W_m x) + id), where h is the mean of layer k of the neighbours, V and W
    belong to the layer and the medium, a is a leaky rectifier, and id the vector that users and
    items have in common to all media. A score is the product of the sums over media.

    Source: Y. Wei and others 2019, MMGCN, ACM Multimedia. Departures: an item that lacks a medium
    starts there as zero and has its id and neighbours; user features are added to the start of a
    user; an item that nobody used has the mean id; negatives are drawn from the items that anybody
    used. All media travel side by side in one product with the graph.

    Relations: `grcn` has one graph, whose edges the media weigh; `dragon` spreads without weights
    and activations and sets the media side by side; `lightgcn` is what is left without both.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour may be
    l2: float = searched(1e-4, 1e-5, 1e-1, log=True)  # of the vectors that start in a batch
    learning_rate: float = searched(1e-3, 1e-4, 1e-2, log=True)
    batch_size: int = 2048
    epochs: int = 300  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of items and users."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Mmgcn(self, log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_towers(trained.task, train, about=about)


class _Mmgcn(nn.Module):
    used: Tensor
    to_users: Tensor
    to_items: Tensor

    def __init__(self, model: Mmgcn, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        dim, self.m = model.dim, max(1, len(train.items))  # without media there are ids alone
        self.media = Media(train.items, train.n_items, dim)
        self.profile = Media(train.users, train.n_users, dim)
        self.tastes = embedding(train.n_users, self.m * dim)
        self.users, self.items = embedding(train.n_users, dim), embedding(train.n_items, dim)
        self.layers = nn.ModuleList(_Layer(self.m, dim) for _ in range(model.layers))
        log = train.matrix()
        self.graph = Graph(log)
        history, support = np.diff(log.indptr), train.item_support()
        for name, degree in (("to_users", np.repeat(history, history)),
                             ("to_items", support[log.indices])):  # fmt: skip
            share = torch.from_numpy((1 / degree).astype(np.float32))
            self.register_buffer(name, share, persistent=False)
        self.register_buffer("used", torch.from_numpy(support > 0), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def towers(self) -> tuple[Tensor, Tensor]:
        n_users, n_items, m, dim = len(self.users), len(self.items), self.m, self.model.dim
        users = self.tastes.view(n_users, m, dim) + self.profile.summed().unsqueeze(1)
        items = self.media()[0] if len(self.media) else users.new_zeros(n_items, m, dim)
        user_ids, item_ids = self.users, settled(self.items, self.used)
        for layer in self.layers:
            near_users = self.graph(items.flatten(1), self.to_users).view(users.shape)
            near_items = self.graph.transposed(users.flatten(1), self.to_items).view(items.shape)
            users, items = layer(users, near_users, user_ids), layer(items, near_items, item_ids)
        return users.sum(dim=1), items.sum(dim=1)

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        all_users, all_items = self.towers()
        u, i, j = rows(all_users, users), rows(all_items, used), rows(all_items, others)
        first = rows(self.users, users), rows(self.items, used), rows(self.items, others)
        l2 = squared(*first, rows(self.tastes, users))
        return bpr((u * i).sum(1), (u * j).sum(1)) + self.model.l2 * l2


class _Layer(nn.Module):
    """V and W of one layer, for all media."""

    def __init__(self, m: int, dim: int) -> None:
        super().__init__()
        self.near, self.own = (nn.Parameter(torch.empty(m, dim, dim)) for _ in range(2))
        for weight in (*self.near, *self.own):
            nn.init.xavier_normal_(weight)

    def forward(self, x: Tensor, near: Tensor, ids: Tensor) -> Tensor:
        """(n, m, d) of x and the mean of its neighbours, and ids (n, d)."""
        own = leaky_relu(torch.einsum("nmd,mde->nme", x, self.own)) + ids.unsqueeze(1)
        return leaky_relu(torch.einsum("nmd,mde->nme", near, self.near) + own)

"""Light graph convolution over a log whose edges count by how well media explain them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows, settled
from prismrec.nn.losses import bpr, squared
from prismrec.nn.media import Media
from prismrec.nn.propagation import mean_of_layers, normalised
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["Grcn"]


@dataclass(frozen=True)
class Grcn:
    """What a user used by mistake looks unlike the rest of it, so such edges of the log fade.

    In medium m an item is its projected feature f of length 1, and a user the prototype p: a learnt
    vector plus the mean f of what was used, of length 1. An edge of the normalised log is
    multiplied by max(0, 1 + max over m of c_m p . f), c_m being how far medium m is trusted. Ids
    are spread over that graph and averaged over layers. A score is the product of the ids' vectors
    plus the sum over media of p . f.

    Source: Y. Wei and others 2020, GRCN, arXiv 2111.02036. Departures: prototypes are found in one
    round with equal shares instead of several with attention; trust belongs to the medium, not to
    each item in it; the log's own normalisation stays; an item without media keeps its edges as
    they are, and one that nobody used has the mean vector of ids; user features are added to the
    user embeddings; negatives are drawn from the items that anybody used.

    Relations: with c = 0 and without p . f it is `lightgcn`; `mmgcn` has a graph for each medium;
    `freedom` fades edges by chance and how busy their ends are, not by media.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour may be
    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the vectors that start in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of items and users."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Grcn(self, log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_towers(trained.task, train, about=about)


class _Grcn(nn.Module):
    used: Tensor
    to_users: Tensor

    def __init__(self, model: Grcn, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.media = Media(train.items, train.n_items, model.dim)
        self.profile = Media(train.users, train.n_users, model.dim)
        self.tastes = embedding(train.n_users, len(self.media) * model.dim)
        self.trust = nn.Parameter(torch.ones(len(self.media)))
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        log = train.matrix()
        self.graph = normalised(log)
        history = np.diff(log.indptr)
        share = torch.from_numpy((1 / np.repeat(history, history)).astype(np.float32))
        self.register_buffer("to_users", share, persistent=False)
        used = torch.from_numpy(train.item_support() > 0)
        self.register_buffer("used", used, persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def prototypes(self) -> tuple[Tensor, Tensor]:
        """Users (n_users, m, d) and items (n_items, m, d) in each medium, of length 1."""
        items = normalize(self.media()[0], dim=2)
        shape = (len(self.users), len(self.media), self.model.dim)
        tastes = self.tastes + self.graph(items.flatten(1), self.to_users)
        return normalize(tastes.view(shape), dim=2), items

    def edges(self, users: Tensor, items: Tensor) -> Tensor:
        """(nnz,) weights of the log's edges, given the prototypes."""
        likeness = torch.stack(
            [
                trust * self.graph.dots(users[:, m].contiguous(), items[:, m].contiguous())
                for m, trust in enumerate(self.trust)
            ],
            dim=1,
        )  # (nnz, m)
        absent = ~self.media.present.index_select(0, self.graph.columns)
        best = likeness.masked_fill(absent, -torch.inf).amax(dim=1)
        best = best.masked_fill(absent.all(dim=1), 0)
        return self.graph.weights * (1 + best).clamp_min(0)

    def towers(self) -> tuple[Tensor, Tensor]:
        tastes, seen = self.prototypes()
        weights = self.edges(tastes, seen) if len(self.media) else None
        first = self.users + self.profile.summed()
        users, items = mean_of_layers(
            self.graph, first, self.items, layers=self.model.layers, weights=weights
        )
        items = settled(items, self.used)
        return torch.hstack([users, tastes.flatten(1)]), torch.hstack([items, seen.flatten(1)])

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        all_users, all_items = self.towers()
        u, i, j = rows(all_users, users), rows(all_items, used), rows(all_items, others)
        first = rows(self.users, users), rows(self.items, used), rows(self.items, others)
        return bpr((u * i).sum(1), (u * j).sum(1)) + self.model.l2 * squared(*first)

"""Frozen graphs of items that are alike, and a thinned graph of who used what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from prismrec.data.dataset import Dataset
from prismrec.graph.likeness import blended
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.losses import bpr, squared
from prismrec.nn.media import Media
from prismrec.nn.propagation import Graph, mean_of_layers, normalised
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit
from prismrec.types import Csr, Floats

__all__ = ["Freedom", "thinned"]


@dataclass(frozen=True)
class Freedom:
    """Light graph convolution, plus for each item the embeddings of those that are like it.

    Item = i_g + S e: i_g is the mean of the layers over the log, e the item embeddings, S the
    weighted sum over modalities of graphs of the 10 nearest by cosine, never changed. User = u_g.
    Each epoch is trained on a sample of the log's edges, drawn with odds 1 / sqrt(d_user d_item),
    so that crowds do not drown the rest; what is served comes from all edges. The loss is BPR of
    u . i, plus `media_weight` times BPR of u . (W x), x being each modality of the item.

    Source: X. Zhou and Z. Shen 2023, A tale of two graphs, arXiv 2211.06924. Departures: more of
    the log's edges and a larger `media_weight`, which were better on valid (TikTok); an edge to an
    item that is near to many counts less; modalities that an item lacks leave their weight to the
    others; embeddings are drawn to zero; features are centred, of length 1 and not trained; user
    features are added to the user embeddings; negatives are drawn from the items that anybody used.

    Relations: `lattice` learns the graph of items that is frozen here; without media and with all
    edges it is `lightgcn`; `mgcn` weighs modalities by item and by user.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour in the log may be
    neighbours: int = searched(10, 5, 50, log=True)  # of each item in each modality
    weights: tuple[float, ...] = ()  # of the modalities, in their order; none: equal
    kept: float = searched(0.5, 0.1, 1.0)  # share of the log's edges in an epoch, above 0 to 1
    media_weight: float = searched(0.05, 1e-3, 1.0, log=True)  # of the loss on projected features
    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the embeddings in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of its items."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Freedom(self, log), train, how, schedule=schedule)
        return as_towers(trained.task, train, about=trained.about(self))


class _Freedom(nn.Module):
    def __init__(self, model: Freedom, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs, self.log = model, Pairs(train), train.matrix()
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.profile = Media(train.users, train.n_users, model.dim)
        self.media = Media(train.items, train.n_items, model.dim)
        n, k, weights = train.n_items, model.neighbours, model.weights
        self.alike = Graph(blended(train.items, n, neighbours=k, weights=weights))
        self.graph = self.thin = normalised(self.log)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        self.thin = normalised(thinned(self.log, self.model.kept, rng)).to(self.users.device)
        return self.pairs.batches(rng, self.model.batch_size)

    def towers(self) -> tuple[Tensor, Tensor]:
        return self._over(self.graph)

    def _over(self, graph: Graph) -> tuple[Tensor, Tensor]:
        users = self.users + self.profile.summed()
        users, items = mean_of_layers(graph, users, self.items, layers=self.model.layers)
        return users, items + self.alike(self.items)

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        all_users, all_items = self._over(self.thin)
        both = torch.cat([used, others])
        u, items = rows(all_users, users), rows(all_items, both)
        liked, passed = (u * items.view(2, *u.shape)).sum(dim=2)
        first = rows(self.users, users), rows(self.items, both)
        loss = bpr(liked, passed) + self.model.l2 * squared(*first)
        return loss + self.model.media_weight * self._media_loss(u, used, others)

    def _media_loss(self, u: Tensor, used: Tensor, others: Tensor) -> Tensor:
        """BPR by each modality alone, where both items have it."""
        both = rows(self.media.present, used) & rows(self.media.present, others)  # (b, m)
        total = u.new_zeros(())
        for k, projection in enumerate(self.media.projections):
            x, weight = self.media.values(k), cast("Tensor", projection.weight)
            # Only the difference of two items counts, so it is all that needs to be projected.
            margin = (u * linear(rows(x, used) - rows(x, others), weight)).sum(dim=1)
            total = total + (softplus(-margin) * both[:, k]).mean()
        return total


def thinned(log: Csr, kept: float, rng: np.random.Generator) -> Csr:
    """A sample of the edges without replacement, an edge's odds being 1 / sqrt(d_user d_item)."""
    n = max(1, round(kept * log.nnz))
    if n >= log.nnz:
        return log
    # The n first of exponential clocks whose rates are the odds: the same as drawing one by one.
    clocks = rng.standard_exponential(log.nnz, np.float32) / _odds(log)
    data = np.zeros(log.nnz, np.float32)
    data[np.argpartition(clocks, n)[:n]] = 1
    sample = log.copy()
    sample.data = data
    sample.eliminate_zeros()
    return sample


def _odds(log: Csr) -> Floats:
    """(nnz,) not scaled to sum to 1."""
    users, items = np.diff(log.indptr), np.bincount(log.indices, minlength=log.shape[1])
    odds: Floats = (np.repeat(users, users) * items[log.indices]).astype(np.float32) ** -0.5
    return odds

"""Each modality spread over the log by itself, then over graphs of like items and like users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from prismrec.data.dataset import Dataset
from prismrec.graph.cooccurrence import capped, cooccurrence
from prismrec.graph.likeness import blended
from prismrec.graph.neighbours import prune
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
from prismrec.types import Csr

__all__ = ["Dragon", "companions"]

PAIRS = 200_000_000  # of users that are counted; beyond, users of the busiest items are sampled


@dataclass(frozen=True)
class Dragon:
    """Users and items are concatenations: one part for each modality, one for ids.

    In each part an item starts as its projected modality, or its id's embedding, and a user as an
    embedding of that part; both become means of layers of light graph convolution over the log. A
    user's parts are weighted by learnt shares of this user. So far users meet items; then alike
    meet: to an item S items is added, S being the mean over modalities of the graphs of the 10
    nearest; to a user the users with most items in common, by the softmax of how many. The loss
    is BPR.

    Source: H. Zhou and others 2023, Enhancing dyadic relations with homogeneous graphs for
    multimodal recommendation (DRAGON), arXiv 2301.12097. Departures: ids are a part of their own,
    so that a log without media works; means of layers where the paper takes sums; one projection
    where it has two with an activation; user features are added to every part; negatives are drawn
    from the items that anybody used.

    Relations: `mmgcn` sums over modalities where this concatenates; `freedom` has the graph of
    items alone; without media and users in common it is `lightgcn`.
    """

    dim: int = among(64, (32, 64, 128))  # of each part
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour in the log may be
    neighbours: int = searched(10, 5, 50, log=True)  # of each item in each modality
    companions: int = searched(40, 10, 100, log=True)  # users with most items in common
    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the embeddings in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of items and users."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Dragon(self, log), train, how, schedule=schedule)
        return as_towers(trained.task, train, about=trained.about(self))


class _Dragon(nn.Module):
    def __init__(self, model: Dragon, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.media = Media(train.items, train.n_items, model.dim)
        self.profile = Media(train.users, train.n_users, model.dim)
        self.parts = len(self.media) + 1
        self.users = embedding(train.n_users, self.parts * model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.shares = nn.Parameter(torch.zeros(train.n_users, self.parts))  # before their softmax
        self.graph = normalised(train.matrix())
        self.alike = Graph(blended(train.items, train.n_items, neighbours=model.neighbours))
        self.company = _Company(companions(train.matrix(), model.companions))

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def towers(self) -> tuple[Tensor, Tensor]:
        users, items = self._parts()
        return users + self.company(users), items

    def _parts(self) -> tuple[Tensor, Tensor]:
        """Items, and users that have not met each other, (n, parts * d): one product for all."""
        users = self.users + self.profile.summed().repeat(1, self.parts)
        items = torch.cat([self.media()[0].flatten(1), self.items], dim=1)
        users, items = mean_of_layers(self.graph, users, items, layers=self.model.layers)
        weights = self.shares.softmax(dim=1).repeat_interleave(self.model.dim, dim=1)
        return users * weights, items + self.alike(items)

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        all_users, all_items = self._parts()
        u = rows(all_users, users) + self.company(all_users, users)
        i, j = rows(all_items, used), rows(all_items, others)
        first = rows(self.users, users), rows(self.items, used), rows(self.items, others)
        return bpr((u * i).sum(1), (u * j).sum(1)) + self.model.l2 * squared(*first)


class _Company(nn.Module):
    """Weighted sums over each row's neighbours, computed for the rows that are asked for only."""

    columns: Tensor  # (n, k), padded with row 0
    weights: Tensor  # (n, k), zero where padded

    def __init__(self, graph: Csr) -> None:
        super().__init__()
        lengths = np.diff(graph.indptr)
        own = np.repeat(np.arange(graph.shape[0]), lengths)
        places = np.arange(graph.nnz) - np.repeat(graph.indptr[:-1], lengths)
        columns = np.zeros((graph.shape[0], lengths.max(initial=0)), np.int64)
        weights = np.zeros(columns.shape, np.float32)
        columns[own, places], weights[own, places] = graph.indices, graph.data
        self.register_buffer("columns", torch.from_numpy(columns), persistent=False)
        self.register_buffer("weights", torch.from_numpy(weights), persistent=False)

    def forward(self, x: Tensor, chosen: Tensor | None = None) -> Tensor:
        """(b, d) for some rows, or for all."""
        columns, weights = self.columns, self.weights
        if chosen is not None:
            columns, weights = rows(columns, chosen), rows(weights, chosen)
        if not columns.shape[1]:
            return x.new_zeros(len(columns), x.shape[1])
        return embedding_bag(columns, x, mode="sum", per_sample_weights=weights.to(x.dtype))


def companions(log: Csr, n: int) -> Csr:
    """(n_users, n_users) the n users with most items in common, by the softmax of their number."""
    items_of = capped(log.T.tocsr(), PAIRS)
    graph = prune(cooccurrence(items_of, top=n), n)
    lengths = np.diff(graph.indptr)
    own = np.repeat(np.arange(graph.shape[0]), lengths)
    most = np.zeros(graph.shape[0], np.float32)
    np.maximum.at(most, own, graph.data)
    exponential = np.exp(graph.data - most[own])
    total = np.bincount(own, exponential, minlength=graph.shape[0])
    graph.data = (exponential / total[own]).astype(np.float32)
    return graph

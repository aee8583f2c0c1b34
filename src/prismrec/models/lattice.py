"""A graph of items that is learnt from their media while the embeddings are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from prismrec.data.dataset import Dataset
from prismrec.fusion import shares
from prismrec.graph.likeness import likenesses
from prismrec.graph.neighbours import knn
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

__all__ = ["Lattice"]

EVERY = 8  # batches from one measuring of the learnt graph to the next


@dataclass(frozen=True)
class Lattice:
    """Light graph convolution, plus for each item the embeddings of those learnt to be like it.

    Item = i_g + h / |h|, h = sum over modalities of share_m (raw S_m + (1 - raw) L_m) e: i_g is the
    mean of the layers over the log, e the item embeddings, S_m the graph of the nearest items by
    cosine of modality m, L_m the same by cosine of W_m x + b_m, with W, b and the softmax of shares
    learnt. User = u_g. The loss is BPR.

    Source: J. Zhang and others 2021, Mining latent structures for multimedia recommendation, arXiv
    2104.09036. Departures: who is a neighbour in L_m is looked up once an epoch, so no items by
    items matrix is held, and how near is measured in one batch of 8, whose gradient passes through
    the similarities; an edge to an item that is near to many counts less; an item's shares are over
    the modalities that it has; features are centred and of length 1; user features are added to the
    user embeddings; negatives are drawn from the items that anybody used.

    Relations: `freedom` freezes the graph and is faster; `mgcn` also tells which parts of an
    embedding a modality may pass on; without media it is `lightgcn`.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour in the log may be
    neighbours: int = searched(10, 5, 50, log=True)  # of each item in each modality
    raw: float = searched(0.9, 0.0, 1.0)  # share of the graph of features as they are, 0 to 1
    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the embeddings in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of its items."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Lattice(self, log), train, how, schedule=schedule)
        return as_towers(trained.task, train, about=trained.about(self))


class _Lattice(nn.Module):
    def __init__(self, model: Lattice, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.profile = Media(train.users, train.n_users, model.dim)
        self.media = Media(train.items, train.n_items, model.dim)
        self.graph = normalised(train.matrix())
        alike = likenesses(train.items, model.neighbours, binary=False).values()
        self.raw = nn.ModuleList(Graph(graph) for graph in alike)
        self.learnt = nn.ModuleList()
        self.told: list[Tensor] = []  # parameters of the transforms that `learnt` was found by
        self.edges: list[Tensor] = []  # (nnz,) of each learnt graph; none: to be measured
        self.scores = nn.Parameter(torch.zeros(len(self.media)))

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        self._look_up()
        for step, batch in enumerate(self.pairs.batches(rng, self.model.batch_size)):
            if step % EVERY == 0:
                self.edges = []
            yield batch

    def towers(self) -> tuple[Tensor, Tensor]:
        self._look_up()
        self.edges = []
        return self._towers()

    def _towers(self) -> tuple[Tensor, Tensor]:
        users = self.users + self.profile.summed()
        users, items = mean_of_layers(self.graph, users, self.items, layers=self.model.layers)
        return users, items + normalize(self._alike(), dim=1)

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        all_users, all_items = self._towers()
        u, i, j = rows(all_users, users), rows(all_items, used), rows(all_items, others)
        first = rows(self.users, users), rows(self.items, used), rows(self.items, others)
        return bpr((u * i).sum(1), (u * j).sum(1)) + self.model.l2 * squared(*first)

    @torch.no_grad()
    def _look_up(self) -> None:
        """Find the neighbours by the transforms as they are now, where they changed."""
        now = [parameter.detach().clone() for parameter in self.media.parameters()]
        if self.told and all(torch.equal(a, b) for a, b in zip(now, self.told, strict=True)):
            return
        self.told = now
        each = (normalize(x, dim=1).cpu().numpy() for x in self.media()[0].unbind(dim=1))
        graphs = [Graph(knn(x, self.model.neighbours)) for x in each]
        self.learnt = nn.ModuleList(graphs).to(self.items.device)

    def _alike(self) -> Tensor:
        """(n_items, d) what each item gets from those like it."""
        total, present, raw = torch.zeros_like(self.items), self.media.present, self.model.raw
        if not len(self.media):
            return total
        share = shares(self.scores.expand(len(present), -1), present)  # (n, m)
        for k, edges in enumerate(self._measured()):
            part = raw * self.raw[k](self.items) + (1 - raw) * self.learnt[k](self.items, edges)
            total = total + share[:, k : k + 1] * part
        return total

    def _measured(self) -> list[Tensor]:
        """Edges of the learnt graphs: with gradients where they are measured, then as they were."""
        if self.edges:
            return self.edges
        each = self.media()[0].unbind(dim=1)  # m times (n, d)
        pairs = zip(self.learnt, each, strict=True)
        edges = [_likeness(cast("Graph", graph), normalize(x.float(), dim=1)) for graph, x in pairs]
        self.edges = [part.detach() for part in edges]
        return edges


def _likeness(graph: Graph, x: Tensor) -> Tensor:
    """(nnz,) cosine of unit rows x (n, d) at each edge, divided by the root of both degrees."""
    edges = graph.dots(x, x).clamp_min(0)
    ones = torch.ones_like(x[:, :1])
    outwards, inwards = graph(ones, edges), graph.transposed(ones, edges)
    both = rows(outwards, graph.rows) * rows(inwards, graph.columns)  # (nnz, 1)
    return edges * both[:, 0].clamp_min(1e-12).rsqrt()

"""Media purified by behaviour, spread over graphs of likeness, fused as each user prefers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from prismrec.data.dataset import Dataset
from prismrec.fusion import shares
from prismrec.graph.likeness import likenesses
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.losses import bpr, info_nce, repeats, squared
from prismrec.nn.media import Media
from prismrec.nn.propagation import Graph, mean_of_layers, normalised
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["Mgcn"]

TEMPERATURE = 0.2  # of the contrast between the views
CONTRASTED = 512  # rows of a batch: the cost is their square


@dataclass(frozen=True)
class Mgcn:
    """A behaviour view over the log plus a media view over graphs of items that are alike.

    Each modality x of an item only lets through parts of the item's embedding: e * sigmoid(W x),
    so noise in media never enters as such. That is spread over the graph of the 10 nearest items
    of the modality, then to users over the log. Common to the modalities is their mean by
    attention, c; special to one is the rest, y_m - c. Media view = c + mean of sigmoid(V_m b) *
    (y_m - c), where b is the behaviour view: light graph convolution. The two views are added. The
    loss is BPR, plus `contrast` times InfoNCE between the views of the users and items of a batch.

    Source: P. Yu and others 2023, Multi-view graph convolutional network, arXiv 2308.03588.
    Departures: one matrix W where two stand in a row; InfoNCE from both sides, over at most 512
    rows of a batch; an edge to an item that is near to many counts less; what lacks media has the
    behaviour view alone; user features are added to the user embeddings; negatives are drawn from
    the items that anybody used.

    Relations: `freedom` spreads the embeddings themselves, with one weight for each modality;
    `lattice` learns the graphs; `smore` filters media in the frequency domain before the same
    views; the common part is the fusion `attention`.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour in the log may be
    neighbours: int = searched(10, 5, 50, log=True)  # of each item in each modality
    contrast: float = searched(0.01, 1e-4, 1.0, log=True)  # weight of the loss between the views
    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the embeddings in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of its items."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Mgcn(self, log), train, how, schedule=schedule)
        return as_towers(trained.task, train, about=trained.about(self))


class _Mgcn(nn.Module):
    users_have: Tensor  # (n_users, m) bool, whether a user used an item with the modality

    def __init__(self, model: Mgcn, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.profile = Media(train.users, train.n_users, model.dim)
        self.media = Media(train.items, train.n_items, model.dim)
        self.graph = normalised(train.matrix())
        alike = likenesses(train.items, model.neighbours, binary=False).values()
        self.alike = nn.ModuleList(Graph(graph) for graph in alike)
        self.fuser = _Fuser(len(self.media), model.dim)
        have = train.matrix() @ self.media.present.numpy().astype(np.float32) > 0
        self.register_buffer("users_have", torch.from_numpy(have), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def towers(self) -> tuple[Tensor, Tensor]:
        (users, items), (users_saw, items_show) = self._behaviour(), self._media()
        users = users + self.fuser(users_saw, self.users_have, users)
        return users, items + self.fuser(items_show, self.media.present, items)

    def _behaviour(self) -> tuple[Tensor, Tensor]:
        """Users (n_users, d) and items (n_items, d) by the log alone."""
        users = self.users + self.profile.summed()
        return mean_of_layers(self.graph, users, self.items, layers=self.model.layers)

    def _media(self) -> tuple[Tensor, Tensor]:
        """Each modality of the users (n_users, m * d) and of the items (n_items, m * d)."""
        if not len(self.media):
            return self.users[:, :0], self.items[:, :0]
        parts = []
        for k, (projection, alike) in enumerate(
            zip(self.media.projections, self.alike, strict=True)
        ):
            parts.append(alike(self.items * projection(self.media.values(k)).sigmoid()))
        items = torch.cat(parts, dim=1)
        return self.graph(items), items

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        (all_users, all_items), (users_saw, items_show) = self._behaviour(), self._media()
        # What follows looks at each row alone, so each row of the batch is fused once.
        (who, u), (what, i) = _distinct(users), _distinct(torch.cat([used, others]))
        b, c = rows(all_users, who), rows(all_items, what)
        b_media = self.fuser(rows(users_saw, who), rows(self.users_have, who), b)
        c_media = self.fuser(rows(items_show, what), rows(self.media.present, what), c)
        user, (liked, passed) = rows(b + b_media, u), rows(c + c_media, i).chunk(2)
        loss = bpr((user * liked).sum(1), (user * passed).sum(1))
        first = rows(self.users, users), rows(self.items, used), rows(self.items, others)
        loss = loss + self.model.l2 * squared(*first)
        if not len(self.media):
            return loss
        near = self._contrast(b, b_media, rows(self.users_have, who), u)
        near = near + self._contrast(c, c_media, rows(self.media.present, what), i[: len(used)])
        return loss + self.model.contrast * near

    def _contrast(
        self, behaviour: Tensor, media: Tensor, present: Tensor, places: Tensor
    ) -> Tensor:
        """The two views of a row are more alike than views of different rows."""
        some = places[:CONTRASTED]  # of a batch in random order
        have = rows(present, some).any(dim=1)
        apart = repeats(some) | ~(have.unsqueeze(1) & have)  # what has no media compares with none
        one, other = rows(media, some), rows(behaviour, some)
        return info_nce(one, other, temperature=TEMPERATURE, hits=apart.fill_diagonal_(False))


def _distinct(ids: Tensor) -> tuple[Tensor, Tensor]:
    """Sorted ids without repetition, and the place of each (n,) among them."""
    once, places = torch.unique(ids, return_inverse=True)
    return once, places


class _Fuser(nn.Module):
    """Modalities (n, m * d) of users or items, with their behaviour view (n, d), as one (n, d)."""

    def __init__(self, n_modalities: int, dim: int) -> None:
        super().__init__()
        self.look, self.ask = nn.Linear(dim, dim), nn.Linear(dim, 1, bias=False)
        self.tastes = nn.ModuleList(nn.Linear(dim, dim) for _ in range(n_modalities))

    def forward(self, x: Tensor, present: Tensor, behaviour: Tensor) -> Tensor:
        if not len(self.tastes):
            return torch.zeros_like(behaviour)
        x = x.reshape(len(x), len(self.tastes), -1)  # (n, m, d)
        share = shares(self.ask(self.look(x).tanh()).squeeze(2), present)  # (n, m)
        common = (share.unsqueeze(2) * x).sum(dim=1)  # (n, d)
        gates = torch.stack([taste(behaviour).sigmoid() for taste in self.tastes], dim=1)
        gates = gates * (present / present.sum(dim=1, keepdim=True).clamp_min(1)).unsqueeze(2)
        return common + (gates * (x - common.unsqueeze(1))).sum(dim=1)

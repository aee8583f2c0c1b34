"""Spectral fusion of media, spread over graphs of items that are alike, weighed by behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from torch import Tensor, nn

from prismrec import registry
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
from prismrec.types import Csr

__all__ = ["Smore"]

TEMPERATURE = 0.2  # of the contrast between the views
CONTRASTED = 512  # rows of a batch: the cost is their square


@dataclass(frozen=True)
class Smore:
    """Light graph convolution plus views of each modality, denoised, and of their spectral fusion.

    A filter is a learnt complex number for each frequency along a vector's dimensions. x_m is
    modality m projected and filtered, x_f the fusion of all: the filtered product of spectra. Of
    each only a gate enters, e * sigmoid(G x), e being the item's embedding. View m is spread over
    the graph of the 10 nearest items of the modality, view f over the largest edges of all these
    graphs, then to users over the log. The side view is p_f * f + sum over m of a_m * p_m * y_m:
    a_m are shares of the modalities, by dimension, that f asks for; p = sigmoid(P b) are gates by
    behaviour b, light graph convolution over the log. User and item are b plus side view. The loss
    is BPR, plus `contrast` times InfoNCE between b and side view over some of the batch.

    Source: Ong and Khong 2025, Spectrum-based modality representation fusion graph convolutional
    network for multimodal recommendation, arXiv 2412.14978. Departures: one matrix for each gate;
    shares over modalities where the paper takes them over dimensions; the fusion is free, and what
    `spectral` says of absent modalities holds; InfoNCE from both sides; user features are added to
    the user embeddings; negatives are drawn from the items that anybody used.

    Relations: `mgcn` without filters and with the common part by attention; `freedom` spreads the
    embeddings themselves; `dragon` propagates media over the log.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour in the log may be
    neighbours: int = searched(10, 5, 50, log=True)  # of each item in each modality
    contrast: float = searched(0.01, 1e-4, 1.0, log=True)  # weight of the loss between the views
    fusion: str = among("spectral", "fusions")  # how the modalities of an item become one vector
    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the embeddings in a batch
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of items and users."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Smore(self, log), train, how, schedule=schedule)
        return as_towers(trained.task, train, about=trained.about(self))


class _Smore(nn.Module):
    users_have: Tensor  # (n_users, m) bool, whether a user used an item with the modality

    def __init__(self, model: Smore, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.profile = Media(train.users, train.n_users, model.dim)
        self.media = Media(train.items, train.n_items, model.dim)
        self.graph = normalised(train.matrix())
        self.views = _Views(model, self.media)
        graphs = list(likenesses(train.items, model.neighbours, binary=False).values())
        self.alike = nn.ModuleList(Graph(graph) for graph in [*graphs, *largest(graphs)])
        have = train.matrix() @ self.media.present.numpy().astype(np.float32) > 0
        self.register_buffer("users_have", torch.from_numpy(have), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def towers(self) -> tuple[Tensor, Tensor]:
        (users, items), (users_saw, items_show) = self._behaviour(), self._media()
        users = users + self.views.side(users_saw, self.users_have, users)
        return users, items + self.views.side(items_show, self.media.present, items)

    def _behaviour(self) -> tuple[Tensor, Tensor]:
        """Users (n_users, d) and items (n_items, d) by the log alone."""
        users = self.users + self.profile.summed()
        return mean_of_layers(self.graph, users, self.items, layers=self.model.layers)

    def _media(self) -> tuple[Tensor, Tensor]:
        """All views, the fused one last, of users and items, each (n, (m + 1) * d)."""
        if not len(self.media):
            return self.users[:, :0], self.items[:, :0]
        gates = self.views.gates(*self.media())
        parts = [alike(self.items * gate) for alike, gate in zip(self.alike, gates, strict=True)]
        items = torch.cat(parts, dim=1)
        return self.graph(items), items

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        (all_users, all_items), (users_saw, items_show) = self._behaviour(), self._media()
        # The side view looks at each row alone, so each row of the batch passes once.
        who, u_at = torch.unique(users, return_inverse=True)
        what, i_at = torch.unique(torch.cat([used, others]), return_inverse=True)
        have, present = rows(self.users_have, who), rows(self.media.present, what)
        u, i = rows(all_users, who), rows(all_items, what)
        u_side = self.views.side(rows(users_saw, who), have, u)
        i_side = self.views.side(rows(items_show, what), present, i)
        user, (liked, passed) = rows(u + u_side, u_at), rows(i + i_side, i_at).chunk(2)
        first = rows(self.users, users), rows(self.items, used), rows(self.items, others)
        loss = bpr((user * liked).sum(1), (user * passed).sum(1))
        loss = loss + self.model.l2 * squared(*first)
        if not len(self.media):
            return loss
        near = contrast(u_side, u, at=u_at, have=have)
        near = near + contrast(i_side, i, at=i_at[: len(used)], have=present)
        return loss + self.model.contrast * near


class _Views(nn.Module):
    """What is learnt of the media: filters, fusion and gates."""

    def __init__(self, model: Smore, media: Media) -> None:
        super().__init__()
        m, d = len(media), model.dim
        start = torch.zeros(m, d // 2 + 1, 2)
        start[..., 0] = 1  # every frequency passes
        self.filters = nn.Parameter(start + 0.02 * torch.randn_like(start))
        (fusion,) = registry.build_steps("fusions", model.fusion)
        self.fusion = fusion.build(m, d) if m else nn.Identity()
        self.doors = nn.ModuleList(nn.Linear(d, d, bias=False) for _ in range(m + 1))
        self.tastes = nn.Linear(d, (m + 1) * d)
        last = nn.Linear(d, max(1, m) * d, bias=False)  # torch warns of a matrix without rows
        self.ask = nn.Sequential(nn.Linear(d, d), nn.Tanh(), last)

    def gates(self, x: Tensor, present: Tensor) -> list[Tensor]:
        """What each modality of (n, m, d), then their fusion, lets through, each (n, d)."""
        # A filter is linear: it turns the few rows of a door instead of all items.
        filters = convolutions(self.filters, x.shape[2])  # (m, d, d)
        *doors, last = self.doors
        opened = [x[:, k] @ door(filters[k]) for k, door in enumerate(doors)]
        return [door.sigmoid() for door in (*opened, last(self.fusion(x, present)))]

    def side(self, views: Tensor, present: Tensor, behaviour: Tensor) -> Tensor:
        """(n, d) the side view from all views (n, (m + 1) * d) and behaviour (n, d)."""
        n, m = present.shape
        if not m:
            return torch.zeros_like(behaviour)
        views = views.view(n, m + 1, -1)
        share = shares(self.ask(views[:, -1]).view(n, m, -1), present)  # (n, m, d)
        taste = self.tastes(behaviour).sigmoid().view(n, m + 1, -1)
        wanted = taste * views
        side: Tensor = wanted[:, -1] + (share * wanted[:, :-1]).sum(dim=1)
        return side


def convolutions(filters: Tensor, dim: int) -> Tensor:
    """(m, d, d) matrices C such that x @ C is x after a filter of m (m, d // 2 + 1, 2).

    To multiply a spectrum is to convolve in a circle, and that is linear.
    """
    spectra = torch.fft.rfft(torch.eye(dim, device=filters.device))  # (d, f)
    turned: Tensor = torch.fft.irfft(spectra * torch.view_as_complex(filters).unsqueeze(1), n=dim)
    return turned


def largest(graphs: list[Csr]) -> list[Csr]:
    """One graph with each edge's largest weight; none of none."""
    return [reduce(lambda one, other: one.maximum(other), graphs)] if graphs else []


def contrast(side: Tensor, behaviour: Tensor, *, at: Tensor, have: Tensor) -> Tensor:
    """The two views of a row are more alike than those of different rows.

    Args:
        side: (n, d).
        behaviour: (n, d).
        at: (b,) rows of a batch in random order, of which the first 512 are compared.
        have: (n, m) bool; what has no media takes no part.
    """
    some = at[:CONTRASTED]
    part = rows(have, some).any(dim=1)
    one, other = rows(side, some), rows(behaviour, some)
    return info_nce(one, other, temperature=TEMPERATURE, present=part, hits=repeats(some))

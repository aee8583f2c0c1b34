"""Bootstrapped latent representations: each side predicts a blurred view of the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.losses import squared
from prismrec.nn.media import Media
from prismrec.nn.propagation import mean_of_layers, normalised
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["Bm3"]


@dataclass(frozen=True)
class Bm3:
    """Learns without negatives: a user predicts the used item, the item the user, media the item.

    u and i are the user and item after light graph convolution, i with its own embedding added
    once more; x_m is modality m projected; P is one linear predictor; b(.) sets entries to zero at
    random and passes no gradient. With c(a, b) = 1 - cos(a, b) the loss of a pair is

        c(P u, b(i)) + c(P i, b(u)) + weight * sum over m of [c(P x_m, b(i)) + c(P x_m, b(x_m))]

    and a score is P u . P i.

    Source: X. Zhou and others 2023, Bootstrap latent representations for multi-modal
    recommendation, arXiv 2207.05969. Departures: P starts as the identity; l2 is of squared
    lengths, where the paper's .01 to .1 is of lengths over all rows and pulls far less; an absent
    modality takes no part in its means; user features are added to the user embeddings; an item
    that nobody used stands where its media point, P (sum of x_m), with the mean length of the rest.

    Relations: `lightgcn` has the same graph and learns from negatives; `freedom` and `mgcn` use
    media for graphs of items instead of as targets.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 4)  # how many steps away a neighbour may be
    dropout: float = searched(0.3, 0.0, 0.7)  # share of entries that the view to be predicted lacks
    weight: float = searched(2.0, 0.1, 10.0, log=True)  # of what the media predict
    l2: float = searched(1e-4, 1e-5, 1e-1, log=True)  # of users and items in a batch
    learning_rate: float = searched(1e-3, 1e-4, 1e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and the media of items and users."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Bm3(self, log), train, how, schedule=schedule)
        return as_towers(trained.task, train, about=trained.about(self))


class _Bm3(nn.Module):
    unused: Tensor

    def __init__(self, model: Bm3, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.media = Media(train.items, train.n_items, model.dim)
        self.user_media = Media(train.users, train.n_users, model.dim)
        self.predictor = nn.Linear(model.dim, model.dim)
        nn.init.eye_(self.predictor.weight)
        nn.init.zeros_(self.predictor.bias)
        self.graph = normalised(train.matrix())
        cold = (train.item_support() == 0) & self.media.present.any(dim=1).numpy()
        self.register_buffer("unused", torch.from_numpy(np.flatnonzero(cold)), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        for users, used, _ in self.pairs.batches(rng, self.model.batch_size):
            yield users, used

    def spread(self) -> tuple[Tensor, Tensor]:
        """Users and items after the graph."""
        users: Tensor = self.users
        if len(self.user_media):
            users = users + self.user_media.summed()
        users, items = mean_of_layers(self.graph, users, self.items, layers=self.model.layers)
        return users, items + self.items

    def towers(self) -> tuple[Tensor, Tensor]:
        users, items = (self.predictor(side) for side in self.spread())
        if len(self.unused):
            used = torch.ones(len(items), dtype=torch.bool, device=items.device)
            used[self.unused] = False
            said = normalize(self.predictor(self.media.summed(self.unused)))
            items = items.index_copy(0, self.unused, said * items[used].norm(dim=1).mean())
        return users, items

    def forward(self, users: Tensor, used: Tensor) -> Tensor:
        all_users, all_items = self.spread()
        u, i = rows(all_users, users), rows(all_items, used)
        seen_u, seen_i = self.blurred(u), self.blurred(i)
        loss = apart(self.predictor(u), seen_i).mean() + apart(self.predictor(i), seen_u).mean()
        if len(self.media):
            x, present = self.media(used)  # (b, m, d)
            said = self.predictor(x)
            far = apart(said, seen_i.unsqueeze(1)) + apart(said, self.blurred(x))  # (b, m)
            means = (far * present).sum(dim=0) / present.sum(dim=0).clamp_min(1)
            loss = loss + self.model.weight * means.sum()
        return loss + self.model.l2 * squared(u, i)

    def blurred(self, view: Tensor) -> Tensor:
        """What is to be predicted: entries are missing at random, and no gradient reaches it."""
        return blurred(view.detach(), self.model.dropout) if self.training else view.detach()


def blurred(view: Tensor, share: float) -> Tensor:
    """The view with a share of its entries set to zero, to the nearest 1/256.

    What is left is not scaled up, as only directions are compared. A draw of 64 bits decides about
    eight entries, which takes a fifth of the time of a draw for each.
    """
    draws = torch.empty(-(-view.numel() // 8), dtype=torch.int64, device=view.device)
    octets = draws.random_(-(2**63), None).view(torch.uint8)[: view.numel()].view(view.shape)
    return view * (octets >= round(256 * share))


def apart(a: Tensor, b: Tensor) -> Tensor:
    """1 - cos along the last axis: 0 where they point the same way, 2 where opposite.

    Torch's own cosine divides all entries by lengths; here the products are divided.
    """
    lengths = a.norm(dim=-1) * b.norm(dim=-1)
    cosines: Tensor = (a * b).sum(dim=-1) / lengths.clamp_min(1e-8)
    return 1 - cosines

"""Matrix factorisation that also sees: a user has a taste for items and a taste for their media."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows, settled
from prismrec.nn.item_network import as_content_towers, item_network
from prismrec.nn.losses import bpr, squared
from prismrec.nn.media import Media
from prismrec.nn.sampling import Pairs
from prismrec.rankers import Towers
from prismrec.rankers.content_towers import ContentTowers, ItemNetwork
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["Vbpr"]


@dataclass(frozen=True)
class Vbpr:
    """Score = p_u . q_i + t_u . c_i + a . c_i + b_i, where c_i fuses the media of the item.

    p and q are learnt freely, t is the user's taste for media, a what media appeal to everybody,
    b the bias of the item. Each medium is projected to `dim` by a learnt matrix, then fused; sum
    is the paper's E f for the vectors of all media side by side, and so is concatenation, which
    learns faster. An item that nobody used has the mean q and b, so its media decide; new items
    are placed in the same way, exactly where the fusion is linear, else beside items alike.

    Source: R. He and J. McAuley 2016, VBPR, arXiv 1510.01784. Departures: any number of media, some
    of which may be missing, instead of one picture; appeal is read from c instead of f; c is drawn
    to zero instead of E; user features are added to p and t; Adam in batches; negatives from the
    items that anybody used.

    Relations: without media it is `bpr`; `content-tower` has one taste for ids and media together
    and learns it without ids half of the time; `freedom` makes neighbours of like media.
    """

    dim: int = among(64, (32, 64, 128))  # of p and q, and of t and c
    fusion: str = among("concatenation", "fusions")  # of the media
    l2: float = searched(1e-2, 1e-5, 1e-1, log=True)  # of vectors in a batch and fused media
    learning_rate: float = searched(5e-3, 5e-4, 5e-2, log=True)
    batch_size: int = 2048
    epochs: int = 500  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers | ContentTowers:
        """Learn from a log and the media of items and users."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _Vbpr(self, log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_content_towers(trained.task, train, about=about)


class _Vbpr(nn.Module):
    biased = True
    used: Tensor

    def __init__(self, model: Vbpr, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.users = embedding(train.n_users, 2 * model.dim)  # p and t side by side
        self.items = embedding(train.n_items, model.dim)
        self.bias = nn.Parameter(torch.zeros(train.n_items, 1))
        self.media = Media(train.items, train.n_items, model.dim)
        self.profile = Media(train.users, train.n_users, 2 * model.dim)
        (fusion,) = registry.build_steps("fusions", model.fusion if train.items else "sum")
        self.fusion = fusion.build(len(self.media), model.dim)
        self.appeal = nn.Parameter(torch.zeros(model.dim, 1))
        used = torch.from_numpy(train.item_support() > 0)
        self.register_buffer("used", used, persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        return self.pairs.batches(rng, self.model.batch_size)

    def own(self) -> Tensor:
        """(n_items, dim + 1) what each item has beside its media: q and b."""
        return settled(torch.hstack([self.items, self.bias]), self.used)

    def towers(self) -> tuple[Tensor, Tensor]:
        users = self.users + self.profile.summed()
        users = torch.hstack([users, torch.ones_like(users[:, :1])])
        content, own = self.fusion(*self.media()), self.own()
        bias = own[:, -1:] + content @ self.appeal
        return users, torch.hstack([own[:, :-1], content, bias])  # (n, 2 dim + 1)

    def network(self) -> ItemNetwork | None:
        """From c to [mean q, c, a . c + mean b], what an item that nobody used is."""
        d = self.model.dim
        weight = torch.vstack([torch.zeros(d, d), torch.eye(d), self.appeal.T])
        typical = self.own()[self.used].mean(dim=0)
        layer = (weight, torch.cat([typical[:d], torch.zeros(d), typical[d:]]), "")
        return item_network(self.media, self.fusion, [layer])

    def forward(self, users: Tensor, used: Tensor, others: Tensor) -> Tensor:
        n, both = len(users), torch.cat([used, others])
        p_and_t = rows(self.users, users)
        u = p_and_t + self.profile.summed(users)
        own, content = rows(self.items, both), self.fusion(*self.media(both))
        bias = rows(self.bias, both) + content @ self.appeal
        seen = torch.hstack([own, content])  # (2 n, 2 dim)
        liked = (u * seen[:n]).sum(1) + bias[:n, 0]
        passed = (u * seen[n:]).sum(1) + bias[n:, 0]
        return bpr(liked, passed) + self.model.l2 * squared(p_and_t, seen[:n], seen[n:])

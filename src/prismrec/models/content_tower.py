"""A tower that reads items from their media, so that a new one is placed as well as an old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, normalize, relu

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.item_network import as_content_towers, item_network
from prismrec.nn.losses import Temperature, in_batch, repeats, squared
from prismrec.nn.media import Media
from prismrec.nn.sampling import Pairs
from prismrec.rankers import Towers
from prismrec.rankers.content_towers import ContentTowers, ItemNetwork
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["ContentTower"]


@dataclass(frozen=True)
class ContentTower:
    """Score = cosine of user and item over a learnt temperature; item = media + id, or media alone.

    The media of an item are fused and go through one hidden layer; the id adds a learnt vector.
    In training a random share of the items goes without the id, so that media alone must lead a
    user to what was used among the other items of the batch. That is what a new item is served
    with: exactly, where the fusion is linear, else it stands beside items with like media.

    Source: Y. Wei and others 2021, Contrastive learning for cold-start recommendation (CLCRec),
    arXiv 2107.05315, for the contrast and for training on media and ids at random; M. Volkovs and
    others 2017, DropoutNet, for ids that drop out of a sum. Departures: negatives are the other
    items of the batch, corrected for popularity; the temperature is learnt; one loss instead of
    two, as ids and media meet in the sum; user features are added to the user embeddings.

    Relations: `vbpr` always has the ids, so media learn only what ids leave over; `content-knn` is
    training-free; `prism` fits one weight to each medium's neighbours.
    """

    dim: int = among(64, (32, 64, 128))
    fusion: str = among("concatenation", "fusions")  # of the media, each projected to `dim`
    with_id: float = searched(0.5, 0.1, 0.9)  # share of a batch's items that have their id, below 1
    dropout: float = searched(0.2, 0.0, 0.7)  # share of the hidden layer that is silent in a step
    l2: float = searched(1e-3, 1e-5, 1e-1, log=True)  # of the user and id vectors in a batch
    learning_rate: float = searched(3e-3, 3e-4, 3e-2, log=True)
    batch_size: int = 512  # each item of it is a negative of all others
    epochs: int = 300  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers | ContentTowers:
        """Learn from a log and the media of items and users."""
        schedule = Schedule(self.learning_rate, self.epochs)
        trained = fit(lambda log: _ContentTower(self, log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_content_towers(trained.task, train, about=about)


class _ContentTower(nn.Module):
    used: Tensor
    log_share: Tensor

    def __init__(self, model: ContentTower, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        dim, support = model.dim, train.item_support()
        self.users = embedding(train.n_users, dim)
        self.ids = embedding(train.n_items, dim)
        self.media = Media(train.items, train.n_items, dim)
        self.profile = Media(train.users, train.n_users, dim)
        (fusion,) = registry.build_steps("fusions", model.fusion if train.items else "sum")
        self.fusion = fusion.build(len(self.media), dim)
        self.hidden, self.last = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)
        self.temperature = Temperature()
        share = np.log(np.maximum(support, 1) / support.sum()).astype(np.float32)
        self.register_buffer("log_share", torch.from_numpy(share), persistent=False)
        self.register_buffer("used", torch.from_numpy(support > 0), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        for users, used, _ in self.pairs.batches(rng, self.model.batch_size):
            with_id = rng.random(len(users)) < self.model.with_id
            yield users, used, torch.from_numpy(with_id)

    def content(self, chosen: Tensor | None = None) -> Tensor:
        """(b, dim) what the media of some items say; zero where there are none."""
        x, present = self.media(chosen)
        hidden = dropout(
            relu(self.hidden(self.fusion(x, present))), self.model.dropout, self.training
        )
        said = self.last(hidden)
        out: Tensor = said * present.any(dim=1, keepdim=True)
        return out

    def towers(self) -> tuple[Tensor, Tensor]:
        users = normalize(self.users + self.profile.summed()) / self.temperature()
        return users, normalize(self.content() + self.ids * self.used.unsqueeze(1))

    def network(self) -> ItemNetwork | None:
        first = (self.hidden.weight, self.hidden.bias, "relu")
        last = (self.last.weight, self.last.bias, "")
        return item_network(self.media, self.fusion, [first, last], unit=True)

    def forward(self, users: Tensor, used: Tensor, with_id: Tensor) -> Tensor:
        user, own = rows(self.users, users), rows(self.ids, used)
        bare = ~self.media.present.index_select(0, used).any(dim=1)  # of these only the id speaks
        said = self.content(used) + own * (with_id | bare).unsqueeze(1)
        loss = in_batch(
            normalize(user + self.profile.summed(users)),
            normalize(said),
            temperature=self.temperature(),
            log_share=rows(self.log_share, used),
            hits=repeats(users, used),
        )
        return loss + self.model.l2 * squared(user, own)

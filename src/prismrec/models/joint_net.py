"""Joint net: learns to see, read, listen and recommend at once, from the media themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.losses import squared
from prismrec.nn.propagation import Graph
from prismrec.nn.raw_media import RawMedia
from prismrec.nn.sampling import Pairs
from prismrec.nn.towers import as_towers
from prismrec.rankers import Towers
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit
from prismrec.types import Floats, Ints

__all__ = ["JointNet"]

FEWEST = 8  # steps of an epoch
BLOCK = 256  # items that are encoded at once where nothing is learnt
L2 = 1e-2  # of the vectors in a batch


@dataclass(frozen=True)
class JointNet:
    """Score = user . item + bias; the item's vector is read from its media by networks of its own.

    Pictures (`pixels`) and sounds (`log-mel`) go through small CNNs, texts (`token-ids`) through an
    LSTM, a GRU or a transformer, vectors of any other encoder through a linear map. What they say
    is fused, and a learnt vector of the item is added. A user is a learnt vector, plus the user's
    media, plus the sum of a second vector of each used item over the root of their number; in
    training that sum leaves out the item asked for, or it would find itself. Everything is trained
    by one loss, the used item among the distinct items of the batch,

        -log softmax(score - log P(item is in a batch)),

    without whose correction popular items, often in a batch, would be pushed down. Each distinct
    item of a batch is encoded once. The bias starts at the logarithm of how many used an item, so
    the model starts as `popularity` and learns what is otherwise.

    An item of the catalogue that nobody used is scored by its media. Items that come later find
    their place by their neighbours in modalities of plain vectors; raw media can be read by the
    networks alone, which are not kept, so where there is nothing else they have no opinion until
    the next fit.

    Sources: Y. Koren 2008 (KDD), SVD++, for users by what they used; X. Yi and others 2019 (RecSys)
    for two towers and the correction, whose estimate of how often an item is drawn is here the
    chance that it is in the batch at all. The whole is ours.

    Relations: `vbpr` and `freedom` see media through frozen encoders; `bpr` has neither media nor
    histories; `content-tower` learns from frozen vectors to place new items.
    """

    dim: int = among(64, (32, 64, 128))
    fusion: str = among("mean", "fusions")  # how the modalities of an item become one vector
    text: str = "lstm"  # what reads tokens: "lstm", "gru" or "transformer"
    ids: bool = among(True, (True, False))  # whether an item also has a learnt vector of its own
    augment: str = ""  # what is done to pictures at random, such as "flip,erase(chance=0.3)"
    dropout: float = searched(0.2, 0.0, 0.7)  # share of modalities and own vectors left out
    learning_rate: float = searched(3e-3, 3e-4, 3e-2, log=True)
    batch_size: int = 2048
    epochs: int = 100  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> Towers:
        """Learn from a log and from media."""
        schedule = Schedule(self.learning_rate, self.epochs, patience=10)
        trained = fit(lambda log: _JointNet(self, log), train, how, schedule=schedule)
        return as_towers(trained.task, train, about=trained.about(self))


class _JointNet(nn.Module):
    biased = True
    used: Tensor  # (n_items, 1) bool, whether anybody used an item
    log_chance: Tensor  # (n_items,) logarithm of the chance that an item is in a batch
    lengths: Tensor  # (n_users, 1) items that each used

    def __init__(self, model: JointNet, train: Dataset) -> None:
        super().__init__()
        self.model, self.pairs = model, Pairs(train)
        self.steps = registry.build_steps("image-augmentations", model.augment)
        self.media = RawMedia(train.items, train.n_items, model.dim, text=model.text)
        self.user_media = RawMedia(train.users, train.n_users, model.dim, text=model.text)
        (fusion,) = registry.build_steps("fusions", model.fusion)
        self.fusion = fusion.build(len(self.media), model.dim)
        self.users = embedding(train.n_users, model.dim)
        self.items = embedding(train.n_items, model.dim)
        self.told = embedding(train.n_items, model.dim)  # what having used an item says of a user
        matrix, support = train.matrix(), train.item_support()
        self.history = Graph(matrix)
        self.size = max(1, min(model.batch_size, -(-len(self.pairs) // FEWEST)))
        self._keep("lengths", np.diff(matrix.indptr).astype(np.float32)[:, None])
        self._keep("used", (support > 0)[:, None])
        self._keep("log_chance", _log_chance(support, self.size))
        self.bias = nn.Parameter(torch.from_numpy(_log_popularity(support)))

    def _keep(self, name: str, values: Any) -> None:
        self.register_buffer(name, torch.from_numpy(values), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        """Users and used items, each (b,); pictures are changed anew for every epoch."""
        if self.steps:
            self.media.augment(self.steps, rng)
        order = rng.permutation(len(self.pairs))
        users, used = (torch.from_numpy(a[order]) for a in (self.pairs.users, self.pairs.items))
        for start in range(0, len(order), self.size):
            yield users[start : start + self.size], used[start : start + self.size]

    def forward(self, users: Tensor, used: Tensor) -> Tensor:
        items, place = torch.unique(used, return_inverse=True)
        people, seat = torch.unique(users, return_inverse=True)
        others = rows(self.history(self.told), users) - rows(self.told, used)
        u = rows(self.own_vectors(people), seat) + _scaled(others, rows(self.lengths, users) - 1)
        i = self.item_vectors(items)
        scores = u @ i.T + rows(self.bias - self.log_chance, items)  # (b, distinct items)
        return cross_entropy(scores, place) + L2 * (squared(u) + squared(i))

    def own_vectors(self, users: Tensor) -> Tensor:
        """(b, d) users without their histories: what is their own, and what their media say."""
        x, _ = self.user_media(users)
        said: Tensor = x.sum(dim=1)
        return rows(self.users, users) + said

    def item_vectors(self, items: Tensor) -> Tensor:
        """(b, d) what the media of some items say, and what is their own."""
        x, present = self.media(items)
        fused: Tensor = self.fusion(x, self._thinned(present))
        if len(self.media) and not self.model.ids:
            return fused
        return fused + rows(self.items, items) * self._thinned(rows(self.used, items), whole=True)

    def _thinned(self, present: Tensor, *, whole: bool = False) -> Tensor:
        """(b, m) bool with a share left out in training, all of a row only where `whole`."""
        if not self.training or not self.model.dropout:
            return present
        kept = present & (torch.rand(present.shape, device=present.device) >= self.model.dropout)
        empty = ~kept.any(dim=1, keepdim=True)
        return kept if whole else kept | (present & empty)

    def towers(self) -> tuple[Tensor, Tensor]:
        """With the bias as one more dimension."""
        users = self._of_all(self.own_vectors, len(self.users))
        users = users + _scaled(self.history(self.told), self.lengths)
        items = self._of_all(self.item_vectors, len(self.items))
        ones = torch.ones_like(users[:, :1])
        return torch.hstack([users, ones]), torch.hstack([items, self.bias[:, None]])

    def _of_all(self, vectors: Callable[[Tensor], Tensor], n: int) -> Tensor:
        """(n, d) a block at a time, since a network needs much more memory than its result."""
        everybody = torch.arange(n, device=self.bias.device)
        return torch.cat([vectors(everybody[k : k + BLOCK]) for k in range(0, n, BLOCK)])


def _scaled(total: Tensor, n: Tensor) -> Tensor:
    """(b, d) sums of n vectors (b, 1) over the root of n."""
    return total / n.clamp_min(1).sqrt()


def _log_chance(support: Ints, size: int) -> Floats:
    """(n_items,) log of 1 - (1 - share)^size: the chance to be in a batch of `size` pairs."""
    share = (support / support.sum()).clip(max=1 - 1e-9)
    chance = -np.expm1(size * np.log1p(-share))
    return np.asarray(np.log(chance.clip(1e-9)), np.float32)


def _log_popularity(support: Ints) -> Floats:
    """(n_items,) log of how many used an item, less the mean; 0 where nobody did."""
    used = support > 0
    logs = np.log(support.clip(1))
    return np.asarray(np.where(used, logs - logs[used].mean(), 0), np.float32)

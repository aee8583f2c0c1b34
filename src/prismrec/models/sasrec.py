"""SASRec: each place of a history looks at all places before it, with their media."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.nn.sequences import NextItem, as_sequence_ranker
from prismrec.rankers.sequence import SequenceRanker
from prismrec.search_space import among, searched
from prismrec.train import Training
from prismrec.train.loop import Schedule, fit

__all__ = ["SasRec"]


@dataclass(frozen=True)
class SasRec:
    """Causal self-attention over the fused vectors of the latest items; score = state . item.

    x = item + position; in each layer x += attention(norm(x)), then x += map(relu(map(norm(x)))).
    An item is the embedding of its id plus its fused media, the same as an input and as a
    candidate. Each place of a history is trained to name the next item.

    Source: W.-C. Kang and J. McAuley 2018, Self-attentive sequential recommendation, arXiv
    1808.09781. Departures: media are added to the items; a softmax over all items (over a sample
    where there are more than 20,000) instead of binary cross-entropy with one negative, which is
    known to hold the model back (A. Klenitskiy and A. Vasilev 2023, arXiv 2309.07602); histories
    longer than `length` are learnt from in pieces, not only their end; positions count from the
    oldest item that is looked at; a learnt start before it; keys and values are normalised as
    queries are; no dropout within the softmax. User features are not looked at.

    Relations: `mm-rnn` carries one state along instead of looking back; `ease` and `item-knn` are
    one layer without order, whose attention does not depend on the history.
    """

    dim: int = among(64, (32, 64, 128))
    layers: int = searched(2, 1, 3)
    heads: int = among(1, (1, 2, 4))  # must divide dim
    length: int = among(50, (20, 50, 100))  # items that are looked back at
    fusion: str = among("mean", "fusions")  # of the media of an item
    dropout: float = searched(0.2, 0.0, 0.7)  # of inputs and of what layers add, while training
    learning_rate: float = searched(3e-3, 3e-4, 3e-2, log=True)
    batch_size: int = 4096  # places of histories in a step
    epochs: int = 200  # at most

    def fit(self, train: Dataset, how: Training = Training()) -> SequenceRanker:
        """Learn from a log in the order of its times, or of its rows where it has none.

        Raises:
            BadData: where there is no layer, or the heads do not divide the dimension.
        """
        if self.layers < 1 or self.dim % self.heads:
            raise BadData(
                f"sasrec: needs a layer and heads that divide the dimension, not {self.layers} "
                f"layers and {self.heads} heads of {self.dim} dimensions"
            )
        schedule = Schedule(self.learning_rate, self.epochs, patience=10)
        trained = fit(lambda log: NextItem(self, _SasRec(self), log), train, how, schedule=schedule)
        about = trained.about(self)
        return as_sequence_ranker(trained.task, "transformer", train, about=about)


class _SasRec(nn.Module):
    def __init__(self, model: SasRec) -> None:
        super().__init__()
        self.positions = nn.Parameter(0.1 * torch.randn(model.length + 1, model.dim))
        self.register_buffer("heads", torch.tensor([model.heads]))  # the ranker reads it from here
        self.layers = nn.ModuleList(_Layer(model) for _ in range(model.layers))
        self.norm = nn.LayerNorm(model.dim)
        self.dropout = nn.Dropout(model.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout(x + self.positions[: x.shape[1]])  # (b, t, d)
        for layer in self.layers:
            x = layer(x)
        states: Tensor = self.norm(x)
        return states


class _Layer(nn.Module):
    def __init__(self, model: SasRec) -> None:
        super().__init__()
        d, self.heads = model.dim, model.heads
        self.attention_norm, self.feed_norm = nn.LayerNorm(d), nn.LayerNorm(d)
        self.query, self.key, self.value, self.out = (nn.Linear(d, d) for _ in range(4))
        self.up, self.down = nn.Linear(d, d), nn.Linear(d, d)
        self.dropout = nn.Dropout(model.dropout)

    def forward(self, x: Tensor) -> Tensor:
        normal = self.attention_norm(x)
        q, k, v = (
            part(normal).unflatten(2, (self.heads, -1)).transpose(1, 2)  # (b, heads, t, d / heads)
            for part in (self.query, self.key, self.value)
        )
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.dropout(self.out(mixed.transpose(1, 2).flatten(2)))
        fed = self.down(self.up(self.feed_norm(x)).relu())
        grown: Tensor = x + self.dropout(fed)
        return grown

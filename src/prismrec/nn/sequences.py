"""Histories as sequences: batches of them, and the task of naming the next item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.jagged import Jagged
from prismrec.nn.embeddings import embedding, rows
from prismrec.nn.media import Media
from prismrec.nn.softmax import full_softmax, sampled_softmax
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.sequence import SequenceRanker, blocks, latest, padded
from prismrec.types import Ints

__all__ = ["ItemVectors", "NextItem", "SequenceModel", "as_sequence_ranker", "batches", "windows"]

FULL = 20_000  # items up to which a softmax over all is affordable
SAMPLE = 4096  # items of a batch's sample where there are more
FEWEST = 16  # steps of an epoch


class SequenceModel(Protocol):
    """What the task wants to know of a model of sequences."""

    @property
    def dim(self) -> int:
        """Of item vectors and states."""
        ...

    @property
    def length(self) -> int:
        """Items that are looked back at."""
        ...

    @property
    def fusion(self) -> str:
        """By which the media of an item become one vector."""
        ...

    @property
    def batch_size(self) -> int:
        """Places of padded histories in a step."""
        ...


class ItemVectors(nn.Module):
    """Item = embedding of its id + its fused media; an item that nobody used is its media alone."""

    def __init__(self, train: Dataset, dim: int, fusion: str) -> None:
        super().__init__()
        self.media = Media(train.items, train.n_items, dim)
        self.ids = embedding(train.n_items, dim)
        with torch.no_grad():
            self.ids[torch.from_numpy(train.item_support() == 0)] = 0
        if len(self.media):
            self.fusion = registry.build_steps("fusions", fusion)[0].build(len(self.media), dim)

    def forward(self, chosen: Tensor | None = None) -> Tensor:
        """(b, dim) vectors of the chosen items, or of all."""
        ids = self.ids if chosen is None else rows(self.ids, chosen)
        if not len(self.media):
            return ids
        vectors: Tensor = ids + self.fusion(*self.media(chosen))
        return vectors


class NextItem(nn.Module):
    """To name each item of a history from those before it, the first one from a learnt start.

    The loss is a softmax over all items that anybody used; where there are more than 20,000, over
    4,096 of them, drawn anew for each batch. Items that nobody used are never the wrong answer, so
    their media are not held against them.

    Args:
        model: with the hyperparameters.
        encoder: x (b, t, dim) -> states (b, t, dim), a state reading its own place and earlier
            ones. Its parameters and buffers are what the ranker's encoder is given.
        train: the log.
    """

    values: Tensor
    offsets: Tensor
    candidates: Tensor
    column: Tensor

    def __init__(self, model: SequenceModel, encoder: nn.Module, train: Dataset) -> None:
        super().__init__()
        self.model, self.encoder = model, encoder
        self.history, _ = train.interactions.histories(train.n_users)
        self.vectors = ItemVectors(train, model.dim, model.fusion)
        self.start = nn.Parameter(torch.randn(model.dim))
        self.used = np.unique(self.history.values)
        column = np.zeros(train.n_items, np.int64)  # of a used item among the candidates
        column[self.used] = np.arange(len(self.used))
        data = {"values": self.history.values, "offsets": self.history.offsets}
        for name, array in {**data, "candidates": self.used, "column": column}.items():
            self.register_buffer(name, torch.from_numpy(array), persistent=False)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        """Padded histories (b, t), and a sample of items where the loss needs one."""
        pieces = windows(self.history, self.model.length + 1, rng)
        for items in batches(pieces, self.model.batch_size, rng):
            sample = () if len(self.used) <= FULL else (rng.choice(self.used, SAMPLE),)
            yield tuple(torch.from_numpy(each) for each in (items, *sample))

    def forward(self, items: Tensor, sample: Tensor | None = None) -> Tensor:
        """The loss of padded histories."""
        there = items >= 0
        if sample is None:
            vectors, targets = self.vectors(), items[there]
            states = self._states(vectors, items[:, :-1])[there]
            return full_softmax(states, rows(vectors, self.candidates), self.column[targets])
        # Only the items that this batch names have a vector; they are counted anew.
        chosen, place = torch.unique(torch.cat([items[there], sample]), return_inverse=True)
        vectors, (targets, drawn) = (
            self.vectors(chosen),
            place.split([int(there.sum()), len(sample)]),
        )
        states = self._states(vectors, items.masked_scatter(there, targets)[:, :-1])[there]
        right, others = rows(vectors, targets), rows(vectors, drawn)
        hits = targets[:, None] == drawn
        return sampled_softmax(states, right, others, hits=hits, n=len(self.used))

    def _states(self, vectors: Tensor, items: Tensor) -> Tensor:
        """(b, t + 1, d) after the start, and after each of the items (b, t), which may be -1."""
        x = rows(vectors, items.clamp_min(0).reshape(-1)).view(*items.shape, vectors.shape[1])
        start = self.start.to(x.dtype).expand(len(x), 1, -1)
        states: Tensor = self.encoder(torch.cat([start, x * self.model.dim**0.5], dim=1))
        return states

    def towers(self) -> tuple[Tensor, Tensor]:
        """Where each user stands after the log, and the vectors of the items."""
        vectors = self.vectors()
        histories = latest(self.history, self.model.length)
        users = vectors.new_empty((len(histories), vectors.shape[1]))
        for chosen in blocks(histories.lengths + 1):
            taken = histories.take(chosen)
            items = torch.from_numpy(padded(taken)).to(vectors.device)
            states = self._states(vectors, items)
            users[chosen] = states[torch.arange(len(states)), torch.from_numpy(taken.lengths)].to(
                users.dtype
            )
        return users, vectors


def windows(history: Jagged, length: int, rng: np.random.Generator) -> Jagged:
    """Histories in pieces of at most `length`, so that every event is learnt from.

    A longer history is cut at places that differ from call to call; nothing overlaps.
    """
    lengths = history.lengths
    within = np.arange(len(history.values)) - np.repeat(history.offsets[:-1], lengths)
    shift = np.where(lengths > length, rng.integers(0, length, len(history)), 0)
    begins = (within == 0) | ((within - np.repeat(shift, lengths)) % length == 0)
    offsets = np.append(np.flatnonzero(begins), len(within)).astype(np.int64)
    return Jagged(history.values, offsets)


def batches(history: Jagged, size: int, rng: np.random.Generator) -> Iterator[Ints]:
    """One epoch of padded rows (b, t), -1 after an end; similar lengths together, in random order.

    A batch has at most `size` places, and so few in a small log that an epoch has 16 steps.
    """
    size = max(1, min(size, -(-len(history.values) // FEWEST)))
    mixed = history.take(rng.permutation(len(history)))  # so that equals meet at random
    parts = list(blocks(mixed.lengths, size))
    for part in rng.permutation(len(parts)):
        yield padded(mixed.take(parts[part]))


def as_sequence_ranker(
    task: NextItem, encoder: str, train: Dataset, *, about: Mapping[str, Any]
) -> SequenceRanker:
    """A trained task as a ranker that needs no torch.

    Args:
        task: on the CPU, in evaluation mode.
        encoder: what `SequenceRanker` calls the encoder of the task.
        train: what it was trained on.
        about: for the manifest: hyperparameters and how the training went.
    """
    known = train.item_support() > 0
    for feature in train.items.values():
        known |= feature.present
    with torch.no_grad():
        items = task.vectors().float().numpy()
    return SequenceRanker(
        items,
        task.start.detach().float().numpy(),
        encoder,
        {name: value.numpy() for name, value in task.encoder.state_dict().items()},
        task.model.length,
        has_opinion=None if known.all() else known,
        newcomers=Newcomers.of(train.items),
        about=about,
    )

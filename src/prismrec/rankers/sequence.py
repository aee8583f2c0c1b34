"""SequenceRanker: what somebody used last, in its order, read by a network of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prismrec import saving
from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadModel
from prismrec.rankers.encoding import gru, lstm, transformer
from prismrec.rankers.growing import appended
from prismrec.rankers.item_weights import count_new
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.query import Query
from prismrec.types import Bools, Floats, Ints

__all__ = ["SequenceRanker", "blocks", "latest", "padded"]

BLOCK = 1 << 15  # places of padded histories held at once
ENCODERS: Mapping[str, Callable[[Mapping[str, Floats], Floats, Ints], Floats]] = {
    "gru": gru,
    "lstm": lstm,
    "transformer": transformer,
}
PREFIX = "encoder."  # of the encoder's arrays in a saved model


@dataclass(frozen=True, eq=False)
class SequenceRanker:
    """Score = state . item, the state being what an encoder makes of the history, oldest first.

    Known users and strangers are treated alike: only the history counts. The encoder reads a
    learnt start and then the latest `length` items; whoever has no history stands at the start,
    from where items rank about by popularity.

    Raises:
        BadModel: where the arrays do not fit each other, or nothing here reads the encoder.
    """

    kind: ClassVar[str] = "sequence"

    items: Floats  # (n_items, d)
    start: Floats  # (d,) what stands before every history
    encoder: str  # gru, lstm or transformer
    weights: Mapping[str, Floats]  # of the encoder
    length: int  # items that are looked back at
    has_opinion: Bools | None = None  # (n_items,) False where the score is NaN
    newcomers: Newcomers | None = None  # media by which new items find their place
    about: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters, for the manifest

    def __post_init__(self) -> None:
        if self.encoder not in ENCODERS:
            known = ", ".join(ENCODERS)
            raise BadModel(f"no encoder {self.encoder!r}; there are {known}: upgrade prismrec")
        opinions = self.n_items if self.has_opinion is None else len(self.has_opinion)
        if self.items.shape[1:] != self.start.shape or opinions != self.n_items:
            raise BadModel(
                f"items of {self.items.shape} need a start of the same width and one has_opinion "
                "per item"
            )

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.items)

    def vectors(self, query: Query) -> Floats:
        """(n, d) where each person stands after the history."""
        histories = latest(query.history, self.length)
        out = np.empty((len(query), len(self.start)), np.float32)
        for rows in blocks(histories.lengths + 1):
            taken = histories.take(rows)
            out[rows] = ENCODERS[self.encoder](self.weights, self._inputs(taken), taken.lengths)
        return out

    def _inputs(self, history: Jagged) -> Floats:
        """(b, t + 1, d) the start and then the items; zero after the end."""
        items = padded(history)
        x = np.zeros((len(items), items.shape[1] + 1, len(self.start)), np.float32)
        x[:, 0] = self.start
        x[:, 1:][items >= 0] = self.items[history.values] * np.float32(len(self.start) ** 0.5)
        return x

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN where it has no opinion."""
        scores = np.asarray(self.vectors(query) @ self.items.T, np.float32)
        if self.has_opinion is not None:
            scores[:, ~self.has_opinion] = np.nan
        return scores

    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> SequenceRanker:
        """This ranker with new items appended, which it can recommend and find in a history.

        Where the model kept media, a new item stands at the mean of the known items that are most
        similar to it, weighted by how similar they are. A new item without media, and every one
        where no media were kept, scores NaN.

        Args:
            items: modality -> features of the new items only.
            ids: their identifiers, which say how many there are where no item has features.
        """
        n = count_new(items, ids)
        known = np.ones(self.n_items, bool) if self.has_opinion is None else self.has_opinion
        newcomers = self.newcomers or Newcomers()
        vectors = newcomers.vectors_of(items, n)
        near = newcomers.near(vectors, n, known)
        return replace(
            self,
            items=appended(self.items, near @ self.items),
            has_opinion=np.concatenate([known, np.diff(near.indptr) > 0]),
            newcomers=None if self.newcomers is None else newcomers.joined(vectors),
        )

    def save(self, path: str | Path) -> None:
        """Write a folder that `prismrec.load` reads."""
        saving.save(self, path)

    def to_arrays(self) -> tuple[dict[str, saving.Array], dict[str, Any]]:
        """What `from_arrays` needs to build an equal ranker."""
        arrays: dict[str, saving.Array] = {"items": self.items, "start": self.start}
        arrays |= {PREFIX + name: value for name, value in self.weights.items()}
        if self.has_opinion is not None:
            arrays["has_opinion"] = self.has_opinion
        if self.newcomers is not None:
            arrays |= self.newcomers.to_arrays()
        return arrays, {"encoder": self.encoder, "length": self.length, "about": dict(self.about)}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, saving.Array], meta: Mapping[str, Any]
    ) -> SequenceRanker:
        """The ranker that `to_arrays` took apart."""
        weights = {
            name.removeprefix(PREFIX): value
            for name, value in arrays.items()
            if name.startswith(PREFIX)
        }
        return cls(
            arrays["items"],
            arrays["start"],
            meta["encoder"],
            weights,
            meta["length"],
            arrays.get("has_opinion"),
            Newcomers.from_arrays(arrays),
            meta["about"],
        )


def latest(history: Jagged, length: int) -> Jagged:
    """The last `length` values of each row, or all where there are fewer."""
    lengths = np.minimum(history.lengths, length)
    offsets = np.concatenate([[0], lengths.cumsum()]).astype(np.int64)
    starts = np.repeat(history.offsets[1:] - lengths, lengths)
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    return Jagged(history.values[starts + within], offsets)


def padded(history: Jagged) -> Ints:
    """(n, t) rows of equal length, with -1 after the end of those that are shorter."""
    lengths = history.lengths
    out = np.full((len(history), lengths.max(initial=0)), -1, np.int64)
    out[np.arange(out.shape[1]) < lengths[:, None]] = history.values
    return out


def blocks(lengths: Ints, size: int = BLOCK) -> Iterator[Ints]:
    """Rows of similar length together, shorter first: at most `size` places of each block.

    A single row may be longer than that.
    """
    order = np.argsort(lengths, kind="stable")
    end = len(order)
    while end:
        start = max(0, end - max(1, size // int(lengths[order[end - 1]])))
        yield order[start:end]
        end = start

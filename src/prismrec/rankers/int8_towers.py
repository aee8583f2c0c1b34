"""Towers in a byte per number: a quarter of the memory for nearly the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from prismrec import saving
from prismrec.data.features import Feature
from prismrec.errors import BadModel
from prismrec.rankers.item_weights import count_new
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.query import Query
from prismrec.rankers.towers import Towers
from prismrec.types import Bools, Floats, Ints

__all__ = ["Int8Rows", "Int8Towers"]

TOP = 127  # of the range: -128 is not used, so that a row and its negative round alike
BLOCK = 4096  # rows made float32 at a time: they stay in the cache


@dataclass(frozen=True, eq=False)
class Int8Rows:
    """Vectors whose row i is about `scales[i] * values[i]`: each error is at most half a scale.

    Raises:
        BadModel: where there is not one scale per row.
    """

    values: npt.NDArray[np.int8]  # (n, d)
    scales: Floats  # (n,) the largest absolute value of the row, divided by 127

    def __post_init__(self) -> None:
        if self.values.dtype != np.int8 or self.scales.shape != (len(self.values),):
            raise BadModel(
                f"rows of {self.values.dtype} {self.values.shape} with scales {self.scales.shape}; "
                "they are int8 with one scale each"
            )

    @classmethod
    def of(cls, vectors: Floats) -> Int8Rows:
        """The nearest rows to some finite vectors (n, d)."""
        scales = (np.abs(vectors).max(axis=1, initial=0) / TOP).astype(np.float32)
        divisor = np.where(scales > 0, scales, np.float32(1))[:, None]
        return cls(np.rint(vectors / divisor).clip(-TOP, TOP).astype(np.int8), scales)

    def __len__(self) -> int:
        return len(self.values)

    def floats(self, rows: Ints | None = None) -> Floats:
        """(n, d) float32: some of the rows, or all."""
        chosen = self if rows is None else self.take(rows)
        return np.asarray(chosen.values * chosen.scales[:, None], np.float32)

    def take(self, rows: Ints) -> Int8Rows:
        """The chosen rows."""
        return Int8Rows(self.values[rows], self.scales[rows])

    def joined(self, other: Int8Rows) -> Int8Rows:
        """These rows, then others; none changes."""
        values = np.concatenate([self.values, other.values])
        return Int8Rows(values, np.concatenate([self.scales, other.scales]))

    def dots(self, other: Int8Rows) -> Floats:
        """(len(other), n) dot products of other rows with these, n x d never being float32 at once.

        Up to 1,040 dimensions the sum of the products of the bytes is exact: it stays below 2^24,
        up to which float32 holds every whole number, and a float32 product is several times faster
        than an integer one.
        """
        left = other.values.astype(np.float32)
        out = np.empty((len(other), len(self)), np.float32)
        for start in range(0, len(self), BLOCK):
            stop = start + BLOCK
            out[:, start:stop] = left @ self.values[start:stop].astype(np.float32).T
        out *= other.scales[:, None]
        out *= self.scales
        return out


@dataclass(frozen=True, eq=False)
class Int8Towers:
    """`Towers` with users, items and the media kept for new items rounded to int8, row by row.

    Score = scale of the user x scale of the item x the exact dot product of their bytes, plus a
    bias per item. Strangers and new items are treated as `Towers` treats them.

    Raises:
        BadModel: where users, items and bias do not fit each other.
    """

    kind: ClassVar[str] = "int8-towers"

    users: Int8Rows  # (n_users, d)
    items: Int8Rows  # (n_items, d)
    bias: Floats | None = None  # (n_items,)
    has_opinion: Bools | None = None  # (n_items,) False where the score is NaN
    newcomers: Newcomers | None = None  # without vectors, which are in `media`
    media: Mapping[str, Int8Rows] = field(default_factory=dict)  # modality -> (n_items, d') rows
    about: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters, for the manifest

    def __post_init__(self) -> None:
        parts = (self.items, self.bias, self.has_opinion, *self.media.values())
        lengths = {len(part) for part in parts if part is not None}
        if self.users.values.shape[1] != self.items.values.shape[1] or len(lengths) != 1:
            raise BadModel(
                f"towers of {self.users.values.shape} users and {self.items.values.shape} items "
                "need the same width, and one bias, has_opinion and medium per item"
            )

    @classmethod
    def of(cls, towers: Towers) -> Int8Towers:
        """Towers of float32, rounded."""
        newcomers, media = towers.newcomers, {}
        if newcomers is not None:
            media = {name: Int8Rows.of(rows) for name, rows in newcomers.vectors.items()}
            newcomers = replace(newcomers, vectors={})
        return cls(
            Int8Rows.of(towers.users),
            Int8Rows.of(towers.items),
            towers.bias,
            towers.has_opinion,
            newcomers,
            media,
            towers.about,
        )

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.items)

    def vectors(self, query: Query) -> Int8Rows:
        """(n, d) where each person stands; zero for a stranger without history."""
        known = query.users >= 0
        strangers = query.take(np.flatnonzero(~known))
        past = np.unique(strangers.history.values)
        history = strangers.matrix(self.n_items)[:, past]
        total = history @ self.items.floats(past)
        mean = total / np.maximum(strangers.history.lengths, 1)[:, None]
        apart = Int8Rows.of(np.asarray(mean, np.float32))
        values = np.empty((len(query), self.items.values.shape[1]), np.int8)
        scales = np.empty(len(query), np.float32)
        rows = query.users[known]
        values[known], scales[known] = self.users.values[rows], self.users.scales[rows]
        values[~known], scales[~known] = apart.values, apart.scales
        return Int8Rows(values, scales)

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN where it has no opinion."""
        scores = self.items.dots(self.vectors(query))
        if self.bias is None:
            scores[(query.users < 0) & (query.history.lengths == 0)] = np.nan
        else:
            scores += self.bias
        if self.has_opinion is not None:
            scores[:, ~self.has_opinion] = np.nan
        return scores

    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> Int8Towers:
        """This ranker with new items appended, placed as `Towers` places them; no old row changes.

        Args:
            items: modality -> features of the new items only.
            ids: their identifiers, which say how many there are where no item has features.
        """
        rows = {name: media.floats() for name, media in self.media.items()}
        newcomers = None if self.newcomers is None else replace(self.newcomers, vectors=rows)
        empty = np.zeros((0, self.items.values.shape[1]), np.float32)
        placed = Towers(empty, self.items.floats(), self.bias, self.has_opinion, newcomers)
        wider = Int8Towers.of(placed.with_items(items, ids=ids))
        new = np.arange(self.n_items, self.n_items + count_new(items, ids))
        added = {name: media.take(new) for name, media in wider.media.items()}
        return replace(
            self,
            items=self.items.joined(wider.items.take(new)),
            bias=wider.bias,
            has_opinion=wider.has_opinion,
            media={name: media.joined(added[name]) for name, media in self.media.items()},
        )

    def save(self, path: str | Path) -> None:
        """Write a folder that `prismrec.load` reads."""
        saving.save(self, path)

    def to_arrays(self) -> tuple[dict[str, saving.Array], dict[str, Any]]:
        """What `from_arrays` needs to build an equal ranker."""
        rows = {"users": self.users, "items": self.items}
        rows |= {f"media.{name}": media for name, media in self.media.items()}
        arrays: dict[str, saving.Array] = {}
        for name, part in rows.items():
            arrays |= {f"{name}.values": part.values, f"{name}.scales": part.scales}
        for name in ("bias", "has_opinion"):
            if (value := getattr(self, name)) is not None:
                arrays[name] = value
        if self.newcomers is not None:
            arrays |= self.newcomers.to_arrays()
        return arrays, {"media": list(self.media), "about": dict(self.about)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, saving.Array], meta: Mapping[str, Any]) -> Int8Towers:
        """The ranker that `to_arrays` took apart."""

        def rows(name: str) -> Int8Rows:
            return Int8Rows(arrays[f"{name}.values"], arrays[f"{name}.scales"])

        return cls(
            rows("users"),
            rows("items"),
            arrays.get("bias"),
            arrays.get("has_opinion"),
            Newcomers.from_arrays(arrays),
            {name: rows(f"media.{name}") for name in meta["media"]},
            meta["about"],
        )

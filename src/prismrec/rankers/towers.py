"""Towers: a vector per user, a vector per item, and their dot product as the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prismrec import saving
from prismrec.data.features import Feature
from prismrec.errors import BadModel
from prismrec.rankers.growing import appended
from prismrec.rankers.item_weights import count_new
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.query import Query
from prismrec.types import Bools, Floats

__all__ = ["Towers"]


@dataclass(frozen=True, eq=False)
class Towers:
    """Score = `users @ items.T`, plus a bias per item.

    A stranger stands at the mean of the items in the history. Whoever is a stranger and has no
    history is ranked by the bias; without a bias all scores are NaN, no opinion.

    Raises:
        BadModel: where users, items and bias do not fit each other.
    """

    kind: ClassVar[str] = "towers"

    users: Floats  # (n_users, d)
    items: Floats  # (n_items, d)
    bias: Floats | None = None  # (n_items,)
    has_opinion: Bools | None = None  # (n_items,) False where the score is NaN
    newcomers: Newcomers | None = None  # media by which new items find their place
    about: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters, for the manifest

    def __post_init__(self) -> None:
        lengths = {len(a) for a in (self.items, self.bias, self.has_opinion) if a is not None}
        if self.users.shape[1] != self.items.shape[1] or len(lengths) != 1:
            raise BadModel(
                f"towers of {self.users.shape} users and {self.items.shape} items need the same "
                f"width, and one bias and has_opinion per item"
            )

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.items)

    def vectors(self, query: Query) -> Floats:
        """(n, d) where each person stands; zero for a stranger without history."""
        known = query.users >= 0
        out = np.zeros((len(query), self.items.shape[1]), np.float32)
        out[known] = self.users[query.users[known]]
        strangers = query.take(np.flatnonzero(~known))
        total = strangers.matrix(self.n_items) @ self.items
        out[~known] = total / np.maximum(strangers.history.lengths, 1)[:, None]
        return out

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN where it has no opinion."""
        scores = np.asarray(self.vectors(query) @ self.items.T, np.float32)
        if self.bias is None:
            scores[(query.users < 0) & (query.history.lengths == 0)] = np.nan
        else:
            scores += self.bias
        if self.has_opinion is not None:
            scores[:, ~self.has_opinion] = np.nan
        return scores

    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> Towers:
        """This ranker with new items appended.

        Where the model kept media, a new item stands at the mean of the known items that are most
        similar to it, weighted by how similar they are; its bias likewise. A new item without
        media, and every one where no media were kept, scores NaN.

        Args:
            items: modality -> features of the new items only.
            ids: their identifiers, which say how many there are where no item has features.
        """
        n = count_new(items, ids)
        known = np.ones(self.n_items, bool) if self.has_opinion is None else self.has_opinion
        newcomers = self.newcomers or Newcomers()
        vectors = newcomers.vectors_of(items, n)
        near = newcomers.near(vectors, n, known)
        bias = self.bias
        return replace(
            self,
            items=appended(self.items, near @ self.items),
            bias=None if bias is None else np.concatenate([bias, near @ bias]),
            has_opinion=np.concatenate([known, np.diff(near.indptr) > 0]),
            newcomers=None if self.newcomers is None else newcomers.joined(vectors),
        )

    def save(self, path: str | Path) -> None:
        """Write a folder that `prismrec.load` reads."""
        saving.save(self, path)

    def to_arrays(self) -> tuple[dict[str, saving.Array], dict[str, Any]]:
        """What `from_arrays` needs to build an equal ranker."""
        names = ("users", "items", "bias", "has_opinion")
        arrays = {name: getattr(self, name) for name in names}
        kept = {name: a for name, a in arrays.items() if a is not None}
        if self.newcomers is not None:
            kept |= self.newcomers.to_arrays()
        return kept, {"about": dict(self.about)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, saving.Array], meta: Mapping[str, Any]) -> Towers:
        """The ranker that `to_arrays` took apart."""
        return cls(
            arrays["users"],
            arrays["items"],
            arrays.get("bias"),
            arrays.get("has_opinion"),
            Newcomers.from_arrays(arrays),
            meta["about"],
        )

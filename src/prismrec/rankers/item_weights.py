"""ItemWeights: scores that are a sum over the items of the history, so exact to take apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prismrec import saving
from prismrec.data.features import Feature
from prismrec.errors import BadData, BadModel
from prismrec.rankers.parts import Part, parts_from_arrays, parts_to_arrays
from prismrec.rankers.query import Query
from prismrec.rankers.shares import Shares
from prismrec.types import Bools, Csr, Floats, Ints

__all__ = ["ItemWeights", "count_new"]


@dataclass(frozen=True, eq=False)
class ItemWeights:
    """Score = sum over parts of `history @ relation`, plus a bias per item.

    Known users and strangers are treated alike: only the history counts. A person without any
    is ranked by the bias.

    Raises:
        BadModel: where parts and bias do not speak of the same number of items.
    """

    kind: ClassVar[str] = "item-weights"

    parts: tuple[Part, ...]
    bias: Floats | None = None  # (n_items,) added for everybody
    has_opinion: Bools | None = None  # (n_items,) False where the score is NaN
    weighted: bool = False  # whether a past item counts by the strength of its events, or as 1
    about: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters, for the manifest

    def __post_init__(self) -> None:
        sizes = {part.n_items for part in self.parts}
        sizes |= {len(a) for a in (self.bias, self.has_opinion) if a is not None}
        if len(sizes) != 1:
            raise BadModel(f"parts, bias and has_opinion disagree on the number of items: {sizes}")

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return self.parts[0].n_items if self.parts else len(self._bias)

    @property
    def _bias(self) -> Floats:
        return np.zeros(self.n_items, np.float32) if self.bias is None else self.bias

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better; NaN where it has no opinion."""
        scores = np.tile(self._bias, (len(query), 1))
        for _, adds in self.contributions(query):
            scores += adds
        if self.has_opinion is not None:
            scores[:, ~self.has_opinion] = np.nan
        return scores

    def contributions(self, query: Query) -> Iterator[tuple[Part, Floats]]:
        """What each part adds to the scores (n, n_items); with the bias they add up to these."""
        history = query.matrix(self.n_items, binary=not self.weighted)
        for part in self.parts:
            yield part, part.apply(history)

    def shares(self, query: Query, items: Ints) -> list[Shares]:
        """The exact share of each part and past item in the scores of some items.

        Args:
            query: one person.
            items: (k,) what to explain; one without opinion has the shares that are known.
        """
        history: Csr = query.matrix(self.n_items, binary=not self.weighted)
        past = history.indices.astype(np.int64)
        strength = history.data.astype(np.float64)
        posted = np.zeros(len(self.parts))
        return [
            Shares(
                self.parts,
                past,
                np.array([part.between(past, item) * strength for part in self.parts]).reshape(
                    len(self.parts), len(past)
                ),
                posted,
                float(self._bias[item]),
            )
            for item in items
        ]

    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> ItemWeights:
        """This ranker with new items appended, without a refit.

        Nothing relates them to the others yet: their score is NaN, no opinion. Without parts,
        as in popularity, nobody has used them and they score 0.

        Args:
            items: modality -> features of the new items only.
            ids: their identifiers, which say how many there are where no item has features.
        """
        n = count_new(items, ids)
        known = np.ones(self.n_items, bool) if self.has_opinion is None else self.has_opinion
        return replace(
            self,
            parts=tuple(part.extended(n) for part in self.parts),
            bias=np.pad(self._bias, (0, n)),
            has_opinion=np.pad(known, (0, n)) if self.parts else self.has_opinion,
        )

    def save(self, path: str | Path) -> None:
        """Write a folder that `prismrec.load` reads."""
        saving.save(self, path)

    def to_arrays(self) -> tuple[dict[str, saving.Array], dict[str, Any]]:
        """What `from_arrays` needs to build an equal ranker."""
        arrays, parts = parts_to_arrays(self.parts)
        for name in ("bias", "has_opinion"):
            if (value := getattr(self, name)) is not None:
                arrays[name] = value
        return arrays, {"parts": parts, "weighted": self.weighted, "about": dict(self.about)}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, saving.Array], meta: Mapping[str, Any]
    ) -> ItemWeights:
        """The ranker that `to_arrays` took apart."""
        parts = parts_from_arrays(arrays, meta["parts"])
        return cls(
            parts, arrays.get("bias"), arrays.get("has_opinion"), meta["weighted"], meta["about"]
        )


def count_new(items: Mapping[str, Feature], ids: Sequence[str] | None) -> int:
    """Number of new items that features and identifiers speak of.

    Raises:
        BadData: where they disagree.
    """
    counts = {name: len(feature) for name, feature in items.items()}
    if ids is not None:
        counts["ids"] = len(ids)
    if len(set(counts.values())) > 1:
        raise BadData(f"new items need as many rows in each modality as there are ids: {counts}")
    return next(iter(counts.values()), 0)

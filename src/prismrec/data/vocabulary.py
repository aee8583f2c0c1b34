"""Vocabulary: the identifiers of users or items and the row that each one has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prismrec.errors import BadData
from prismrec.types import Ints

__all__ = ["Vocabulary"]


@dataclass(frozen=True)
class Vocabulary:
    """Distinct identifiers in row order; the row of an identifier never changes."""

    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.ids):
            raise BadData(
                "an identifier stands twice in a vocabulary; identifiers must be distinct"
            )

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each identifier."""
        return {name: row for row, name in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __contains__(self, name: str) -> bool:
        return name in self.rows

    def __getitem__(self, row: int) -> str:
        return self.ids[row]

    def index(self, names: Iterable[str]) -> Ints:
        """(n,) rows of the names; -1 for a name that is not known."""
        rows = self.rows
        return np.fromiter((rows.get(name, -1) for name in names), np.int64)

    def extended(self, names: Iterable[str]) -> Vocabulary:
        """This vocabulary with new names appended; the rows that exist stay as they are."""
        return Vocabulary((*self.ids, *names))

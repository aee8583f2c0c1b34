"""Shares: what a score is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from prismrec.types import Doubles, Ints

__all__ = ["Shares", "Source"]


class Source(Protocol):
    """What evidence comes from."""

    @property
    def name(self) -> str:
        """The reason in words."""
        ...

    @property
    def modality(self) -> str:
        """Modality of the items that it was read from, or "behaviour"."""
        ...


@dataclass(frozen=True, eq=False)
class Shares:
    """What one score is made of: it is `values.sum() + posted.sum() + rest`."""

    sources: tuple[Source, ...]
    past: Ints  # (h,) distinct items of the history
    values: Doubles  # (len(sources), h) what each past item adds through each source
    posted: Doubles  # (len(sources),) what the user's own texts and pictures add
    rest: float  # what is added for everybody: popularity

    @property
    def total(self) -> float:
        """The score."""
        return float(self.values.sum()) + float(self.posted.sum()) + self.rest

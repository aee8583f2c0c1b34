"""Shop: what lies on disk, read and checked, with the media still in their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.limits import Limits
from prismrec.data.vocabulary import Vocabulary

__all__ = ["Media", "Problem", "Shop"]


@dataclass(frozen=True)
class Problem:
    """One thing in a shop that was skipped or looks wrong, and what to do about it."""

    file: str  # path below the shop
    row: int | None  # line in the file, the header being line 1; None for the whole file
    what: str  # what is wrong
    remedy: str  # what the owner of the shop can do
    count: int = 1  # how many rows share this problem
    code: str = "table.skipped"  # name of the finding that `check` makes of it

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}, line {self.row}"
        more = f" ({self.count} such rows)" if self.count > 1 else ""
        return f"{place}: {self.what}{more}; {self.remedy}"


@dataclass(frozen=True)
class Media:
    """Raw media of one modality, one entry per item or user; None where there is none."""

    modality: str  # "image", "text" or "audio"
    values: tuple[str | None, ...]  # texts, or paths below the shop's folder, or addresses

    def __len__(self) -> int:
        return len(self.values)

    @property
    def coverage(self) -> float:
        """Share of rows that have this modality, 0 to 1."""
        return sum(v is not None for v in self.values) / len(self.values) if self.values else 0.0


@dataclass(frozen=True, eq=False)
class Shop:
    """A catalogue, its media and its log. `problems` lists what was skipped while reading."""

    path: Path
    interactions: Interactions
    user_ids: Vocabulary
    item_ids: Vocabulary
    item_media: Mapping[str, Media] = field(default_factory=dict)
    user_media: Mapping[str, Media] = field(default_factory=dict)
    item_features: Mapping[str, Feature] = field(default_factory=dict)  # ready vectors
    user_features: Mapping[str, Feature] = field(default_factory=dict)
    titles: tuple[str, ...] = ()  # one per item, its identifier where it has no title
    problems: tuple[Problem, ...] = ()
    limits: Limits = field(default_factory=Limits)  # what one of its media may cost

    @property
    def name(self) -> str:
        """Name of the shop's folder."""
        return self.path.resolve().name

    def dataset(self) -> Dataset:
        """The log with the ready features only; `prismrec.encode` adds the media."""
        return Dataset(
            self.interactions, self.user_ids, self.item_ids, self.item_features, self.user_features
        )

"""No imputation: what is missing stays missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prismrec.data.features import Feature

__all__ = ["Nothing"]


@dataclass(frozen=True)
class Nothing:
    """Nothing is guessed: models see which media an item lacks. The default everywhere."""

    def fit(self, items: Mapping[str, Feature]) -> Nothing:
        """There is nothing to learn."""
        return self

    def __call__(self, items: Mapping[str, Feature]) -> dict[str, Feature]:
        """The features as they are."""
        return dict(items)

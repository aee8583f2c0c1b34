"""Guesses for missing media, as an explicit choice; what was guessed stays marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.types import Bools, Floats, Ints

__all__ = ["Imputation", "Imputer", "filled", "impute"]

Features = Mapping[str, Feature]


class Imputer(Protocol):
    """What an imputation has learnt."""

    def __call__(self, items: Features) -> dict[str, Feature]:
        """The features with guesses in rows that were absent, marked as `imputed`.

        A row without any media stays absent, unless a guess needs none.
        """
        ...


class Imputation(Protocol):
    """A frozen dataclass that learns from a catalogue how its modalities go together."""

    def fit(self, items: Features) -> Imputer:
        """Learn from the rows that are present; guesses of others are not learnt from."""
        ...


def impute(data: Dataset, how: str, *, only: Ints | None = None) -> tuple[Dataset, Imputer]:
    """The data with guesses for what its items lack, and what guesses for later items alike.

    Args:
        data: with features.
        how: `none`, `mean`, `neighbours:k=10`, `ridge` or `aligned:by=infonce`; see
            `prismrec list imputations`.
        only: (n,) item rows to learn from; all where None.

    Raises:
        UnknownName: for an imputation, or a field of it, that does not exist.
    """
    learn = data.items
    if only is not None:
        learn = {name: feature.take(only) for name, feature in data.items.items()}
    imputer: Imputer = registry.build("imputations", how).fit(learn)
    return replace(data, items=imputer(data.items)), imputer


def filled(feature: Feature, rows: Bools, guesses: Floats) -> Feature:
    """A feature with guesses (n_rows, d) in rows that were absent; raw media stay as they are."""
    if feature.layout != "vector":  # a mean of pictures or of word numbers means nothing
        return feature
    values = feature.values.copy()
    values[rows] = guesses
    marked = rows | (feature.present & ~feature.observed)
    return replace(feature, values=values, present=feature.present | rows, imputed=marked)

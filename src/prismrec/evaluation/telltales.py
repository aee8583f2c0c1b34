"""Features that know the future: computed from a log that the test was part of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.types import Doubles, Floats, Ints

__all__ = ["Telltale", "telltales"]

FEWEST = 50  # items with the feature: among fewer a strong correlation may be chance
SUSPECT = 0.8  # correlation from which on a dimension is looked at closely
CERTAIN = 0.9  # rank correlation from which on it is a leak


class Telltale(NamedTuple):
    """A dimension that follows what people did in test."""

    modality: str
    dimension: int
    correlation: float  # of ranks, once what train tells is taken away from both


def telltales(test: Dataset, seen: Dataset) -> Iterator[Telltale]:
    """Dimensions of item features that were counted on `test`, or on the whole log.

    How often an item is used in test is known from train but for a rest, which is chance or future.
    Media cannot know that rest; a dimension whose ranks follow it by 0.9 was computed from it. What
    was counted on train alone follows train, and passes. A dimension that is mixed with others, as
    by PCA, is not recognised.
    """
    if not seen.items:
        return
    before, after = seen.item_support().astype(np.float64), test.item_support().astype(np.float64)
    for modality, feature in seen.items.items():
        if feature.layout == "vector" and feature.present.sum() >= FEWEST:
            for dimension in _suspects(feature, before, after):
                column = feature.values[feature.present, dimension]
                found = _confirmed(column, before[feature.present], after[feature.present])
                if found >= CERTAIN:
                    yield Telltale(modality, int(dimension), found)


def _suspects(feature: Feature, before: Doubles, after: Doubles) -> Ints:
    """Dimensions that correlate with the counts themselves, or with their logarithms."""
    present, values = feature.present, feature.values
    squares = np.einsum("ij,ij->j", values, values).astype(np.float64)
    suspect = np.zeros(feature.dim, bool)
    for known, wanted in ((before, after), (np.log1p(before), np.log1p(before + after))):
        base = np.linalg.qr(np.column_stack([np.ones(present.sum()), known[present]]))[0]
        rest = wanted[present] - base @ (base.T @ wanted[present])
        probe = np.zeros((len(values), 3), np.float32)  # absent rows stay 0
        probe[present] = np.column_stack([base, rest])
        *told, shared = (values.T @ probe).T.astype(np.float64)
        left = squares - told[0] ** 2 - told[1] ** 2  # of each dimension, beyond what train tells
        scale = np.sqrt(left.clip(0) * (rest @ rest))
        suspect |= (np.abs(shared) > SUSPECT * scale) & (left > 1e-4 * squares) & (scale > 0)
    return np.flatnonzero(suspect)


def _confirmed(column: Floats, before: Doubles, after: Doubles) -> float:
    """The larger rank correlation with test, and with train and test, beyond that with train."""
    known = rankdata(before)
    return max(
        _partial(rankdata(column), rankdata(wanted), known) for wanted in (after, before + after)
    )


def _partial(one: Doubles, other: Doubles, known: Doubles) -> float:
    """Absolute correlation of two columns, once a third is regressed out of both."""
    base = np.linalg.qr(np.column_stack([np.ones(len(known)), known]))[0]
    x, y = one - base @ (base.T @ one), other - base @ (base.T @ other)
    scale = np.linalg.norm(x) * np.linalg.norm(y)
    return float(abs(x @ y) / scale) if scale > 1e-9 * len(known) ** 3 else 0.0

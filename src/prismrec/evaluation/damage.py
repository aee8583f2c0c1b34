"""Damage one modality of a data set on purpose: take vectors away, blur them, or mix them up.

All three are seeded, leave the log and the other modalities alone, and keep the shapes, so that a
model fitted on the whole data and one fitted on the damaged data can be compared. With one seed a
stronger damage contains the weaker: an item that lacks its picture at 10 % lacks it at 90 % too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.types import Floats, Ints

__all__ = ["DAMAGES", "damaged", "dropped", "noisy", "shuffled"]

STREAM = 13  # a split by new items of the same seed would choose the same items


def dropped(data: Dataset, modality: str, share: float = 1.0, *, seed: int = 0) -> Dataset:
    """The data without the modality of some items: their rows become absent.

    Args:
        data: what to damage.
        modality: of its items.
        share: of the items that have it, 0 to 1.
        seed: of which items.

    Raises:
        BadData: where the items have no such modality or the share is not one.
    """
    feature = _feature(data, modality)
    gone = _chosen(feature, share, seed)
    present, values = feature.present.copy(), feature.values.copy()
    present[gone], values[gone] = False, 0
    imputed = None if feature.imputed is None else feature.imputed & present
    return _with(data, modality, replace(feature, values=values, present=present, imputed=imputed))


def noisy(data: Dataset, modality: str, level: float = 1.0, *, seed: int = 0) -> Dataset:
    """The data with normal noise on the modality of every item.

    Args:
        data: what to damage.
        modality: of its items.
        level: standard deviation of the noise, in those of each dimension over the items that have
            the modality: 1 means as much noise as signal.
        seed: of the noise.

    Raises:
        BadData: where the items have no such modality, or it is raw media and no vector.
    """
    feature = _feature(data, modality)
    if feature.layout != "vector":
        raise BadData(f"{modality} holds raw {feature.layout}, not vectors: drop or shuffle it")
    if not level >= 0:
        raise BadData(f"the level of noise must be 0 or more, not {level:g}")
    rows = np.flatnonzero(feature.present)
    values = feature.values.copy()
    if len(rows):
        values[rows] += np.float32(level) * _spread(values[rows]) * _normal(values[rows], seed)
    return _with(data, modality, replace(feature, values=values))


def shuffled(data: Dataset, modality: str, share: float = 1.0, *, seed: int = 0) -> Dataset:
    """The data with the vectors of some items dealt out among these items at random.

    What is present stays present, and no value is new: only which item it belongs to is lost.

    Args:
        data: what to damage.
        modality: of its items.
        share: of the items that have it, 0 to 1.
        seed: of which items, and of how they swap.

    Raises:
        BadData: where the items have no such modality or the share is not one.
    """
    feature = _feature(data, modality)
    rows = _chosen(feature, share, seed)
    source = np.arange(len(feature))
    source[rows] = np.roll(rows, 1)  # in an order that is random already: nobody keeps their own
    return _with(data, modality, feature.take(source))


DAMAGES: Mapping[str, Callable[..., Dataset]] = MappingProxyType(
    {"missing": dropped, "noise": noisy, "shuffled": shuffled}
)


def damaged(data: Dataset, modality: str, how: str, *, level: float, seed: int = 0) -> Dataset:
    """The data with one modality damaged.

    Args:
        data: what to damage.
        modality: of its items.
        how: a key of `DAMAGES`.
        level: share of the items, or of the noise in standard deviations.
        seed: of every random choice.

    Raises:
        BadData: where there is no such modality, damage or level.
    """
    if how not in DAMAGES:
        raise BadData(f"no damage is called {how!r}; there is {', '.join(DAMAGES)}")
    return DAMAGES[how](data, modality, level, seed=seed)


def _feature(data: Dataset, modality: str) -> Feature:
    if modality not in data.items:
        known = ", ".join(data.items) or "no media at all"
        raise BadData(f"the items have no {modality!r} to damage; they have {known}")
    return data.items[modality]


def _with(data: Dataset, modality: str, feature: Feature) -> Dataset:
    return replace(data, items={**data.items, modality: feature})


def _chosen(feature: Feature, share: float, seed: int) -> Ints:
    """Some rows that are present, in random order; a larger share begins with the smaller."""
    if not 0 <= share <= 1:
        raise BadData(f"a share of the items is 0 to 1, not {share:g}")
    rows = np.random.default_rng([seed, STREAM]).permutation(np.flatnonzero(feature.present))
    return rows[: round(share * len(rows))]


def _spread(values: Floats) -> Floats:
    spread: Floats = values.std(axis=0, dtype=np.float64).astype(np.float32)
    return spread


def _normal(like: Floats, seed: int) -> Floats:
    return np.random.default_rng([seed, STREAM]).standard_normal(like.shape, np.float32)

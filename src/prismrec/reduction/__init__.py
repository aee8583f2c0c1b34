"""Fewer dimensions, and modalities of unequal dimension that meet as equals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.reduction.projection import Projection, pack, unpack
from prismrec.types import Ints

__all__ = ["Projection", "Reduction", "pack", "projected", "reduce", "unpack"]


class Reduction(Protocol):
    """A frozen dataclass that learns from the vectors of one modality how to shorten them."""

    def fit(self, feature: Feature) -> Projection:
        """Learn from the rows that are present; of none, a projection that gives zeros."""
        ...


def reduce(
    data: Dataset, how: str | Mapping[str, str], *, only: Ints | None = None
) -> tuple[Dataset, dict[str, Projection]]:
    """The data with shorter vectors, and what shortens those of later items alike.

    Items and users of one modality go through the same projection, which is learnt from items
    where there are any. Vectors alone are looked at, never the log.

    Args:
        data: with features.
        how: `pca:dim=64` for every modality, or one such text for each modality to be changed.
        only: (n,) item rows to learn from, such as those with interactions; all where None.

    Raises:
        UnknownName: for a reduction, or a field of it, that does not exist.
    """
    wanted = dict.fromkeys([*data.items, *data.users], how) if isinstance(how, str) else how
    learnt = {}
    for modality, spec in wanted.items():
        side = data.items if modality in data.items else data.users
        if modality in side:
            feature = side[modality]
            if only is not None and side is data.items:
                feature = feature.take(only)
            learnt[modality] = registry.build("reductions", spec).fit(feature.observed_only())
    return projected(data, learnt), learnt


def projected(data: Dataset, learnt: Mapping[str, Projection]) -> Dataset:
    """The data with its vectors sent through projections that were learnt before."""
    items, users = (
        {name: learnt[name].apply(f) if name in learnt else f for name, f in side.items()}
        for side in (data.items, data.users)
    )
    return replace(data, items=items, users=users)

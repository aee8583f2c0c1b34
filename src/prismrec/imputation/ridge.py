"""Ridge: what a modality most probably is, given the others, by linear regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.graph.ridge import ridge
from prismrec.imputation import filled
from prismrec.imputation.sources import Sources
from prismrec.types import Floats

__all__ = ["Ridge"]


@dataclass(frozen=True)
class Ridge:
    """A linear map from the other modalities, its penalty chosen by leave-one-out error.

    A modality that a row lacks enters as its mean. Guesses lie nearer to the mean than true
    vectors do, the more so the less the modalities tell about each other.

    Source: Hoerl and Kennard 1970; Little and Rubin, "Statistical analysis with missing data", for
    regression imputation. Relations: `neighbours` guesses without a linear map.
    """

    def fit(self, items: Mapping[str, Feature]) -> _Maps:
        """Learn one map per modality from rows that have it and another one."""
        maps = {}
        for name, feature in items.items():
            sources = Sources.of(items, name)
            vectors, has_any = sources(items)
            weight = (feature.observed & has_any).astype(np.float32)
            maps[name] = (sources, *ridge(vectors, feature.values, weight))
        return _Maps(maps)


@dataclass(frozen=True, eq=False)
class _Maps:
    maps: Mapping[str, tuple[Sources, Floats, Floats]]  # coefficients (d', d), intercept (d,)

    def __call__(self, items: Mapping[str, Feature]) -> dict[str, Feature]:
        out = {}
        for name, feature in items.items():
            sources, coefficients, intercept = self.maps[name]
            vectors, has_any = sources(items)
            rows = ~feature.present & has_any
            out[name] = filled(feature, rows, vectors[rows] @ coefficients + intercept)
        return out

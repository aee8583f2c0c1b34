"""The mean: every absent row becomes the average of those that are present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prismrec.data.features import Feature
from prismrec.graph.neighbours import centre_of
from prismrec.imputation import filled
from prismrec.types import Floats

__all__ = ["Mean"]


@dataclass(frozen=True)
class Mean:
    """The mean vector of the modality.

    Relations: to a model that subtracts the mean before it takes a cosine, this is a vector without
    direction, as absence is; to one that learns weights it is a common value like any other.
    """

    def fit(self, items: Mapping[str, Feature]) -> _Means:
        """Take the means over rows that are present."""
        return _Means({name: centre_of(f.observed_only()) for name, f in items.items()})


@dataclass(frozen=True, eq=False)
class _Means:
    means: Mapping[str, Floats]  # (d,) each

    def __call__(self, items: Mapping[str, Feature]) -> dict[str, Feature]:
        return {name: filled(f, ~f.present, self.means[name][None]) for name, f in items.items()}

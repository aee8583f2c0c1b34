"""The other modalities of a row, side by side: what a missing one is guessed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.graph.neighbours import centre_of, unit
from prismrec.types import Bools, Floats

__all__ = ["Sources"]


@dataclass(frozen=True, eq=False)
class Sources:
    """The modalities other than `target`, each with the mean that is subtracted from it."""

    target: str
    centres: Mapping[str, Floats]  # (d,) each

    @classmethod
    def of(cls, items: Mapping[str, Feature], target: str) -> Sources:
        """Learn the means."""
        others = {name: f for name, f in items.items() if name != target}
        return cls(target, {name: centre_of(f.observed_only()) for name, f in others.items()})

    def __call__(self, items: Mapping[str, Feature]) -> tuple[Floats, Bools]:
        """(n, sum of d) and which rows have any: every modality of length 1, zero where absent."""
        n = len(items[self.target])
        known = np.zeros(n, np.bool_)
        parts = [np.empty((n, 0), np.float32)]
        for name, centre in self.centres.items():
            feature = items[name].observed_only()
            parts.append(unit(feature, centre))
            known |= feature.present
        return np.hstack(parts), known

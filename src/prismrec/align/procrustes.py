"""Procrustes: one modality turned until it lies on another as well as it can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.align import both
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.reduction import Projection
from prismrec.reduction.pca import Pca

__all__ = ["Procrustes"]


@dataclass(frozen=True)
class Procrustes:
    """Principal components of each modality, turned onto those of the first one.

    Distances within a modality stay as its `dim` components have them: nothing is stretched.

    Source: Schönemann 1966. Relations: `cca` may stretch, so it finds what is shared and weak.
    """

    dim: int = 64  # components of each modality; fewer where one has no more

    def fit(self, items: Mapping[str, Feature]) -> dict[str, Projection]:
        """Learn the projections; see `prismrec.align.Alignment`."""
        if len(items) < 2:
            raise BadData("procrustes: two modalities or more are needed")
        dim = min(self.dim, *(feature.dim for feature in items.values()))
        parts = {name: Pca(dim).fit(f.observed_only()) for name, f in items.items()}
        first, *others = parts
        out = {first: Projection(parts[first].centre, parts[first].matrix, unit=True)}
        for name in others:
            rows = both(items[first], items[name])
            target = parts[first](items[first].values[rows])
            u, _, vt = np.linalg.svd(parts[name](items[name].values[rows]).T @ target)
            turned = parts[name].matrix @ (u @ vt)
            out[name] = Projection(parts[name].centre, np.asarray(turned, np.float32), unit=True)
        return out

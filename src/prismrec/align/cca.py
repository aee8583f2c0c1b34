"""Canonical correlation: directions of each modality that say the same about an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.align import both
from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.reduction import Projection
from prismrec.reduction.pca import Pca
from prismrec.types import Doubles, Floats

__all__ = ["Cca"]


@dataclass(frozen=True)
class Cca:
    """Directions of largest correlation between modalities, for two or more of them.

    Each modality is shortened to its `rank` principal components and whitened with a ridge; the
    leading eigenvectors of their joint correlation matrix are the shared space. Each block of that
    matrix is estimated on the items that have both modalities. Directions count by their
    correlation to the power of `power`.

    Source: Hotelling 1936; several sets (MAXVAR): Kettenring 1971; powers of correlations: Gong and
    others 2014 (arXiv 1212.4522). Relations: `procrustes` turns without stretching; `ridge-map` is
    not symmetric.
    """

    dim: int = 64  # of the shared space
    rank: int = 128  # principal components of each modality that take part
    l2: float = 1.0  # ridge, in units of the mean variance of the components kept
    power: float = 1.0  # of the correlations

    def fit(self, items: Mapping[str, Feature]) -> dict[str, Projection]:
        """Learn the projections; see `prismrec.align.Alignment`."""
        names = [*items]
        if len(names) < 2:
            raise BadData("cca: two modalities or more are needed")
        whitened = {name: self._whitened(items[name]) for name in names}
        spans = np.cumsum([0, *(white.dim for white in whitened.values())])
        joint = np.eye(spans[-1])
        for i, one in enumerate(names):
            for j in range(i + 1, len(names)):
                block = _correlation(items[one], items[names[j]], whitened[one], whitened[names[j]])
                rows, columns = slice(*spans[i : i + 2]), slice(*spans[j : j + 2])
                joint[rows, columns], joint[columns, rows] = block, block.T
        values, vectors = np.linalg.eigh(joint)
        correlation = ((values[::-1] - 1) / (len(names) - 1)).clip(0)[: self.dim]
        vectors = vectors[:, ::-1][:, : self.dim] * correlation**self.power
        out = {}
        for i, name in enumerate(names):
            white = whitened[name]
            part = white.matrix @ vectors[spans[i] : spans[i + 1]]
            out[name] = Projection(white.centre, np.asarray(part, np.float32), unit=True)
        return out

    def _whitened(self, feature: Feature) -> Projection:
        """Principal components of variance below 1, the less so the smaller their variance."""
        components = Pca(self.rank).fit(feature.observed_only())
        seen = components(feature.values[feature.observed])
        variance = seen.var(axis=0, dtype=np.float64) if len(seen) else np.ones(components.dim)
        scale = 1 / np.sqrt(variance + self.l2 * max(float(variance.mean()), 1e-12))
        return Projection(components.centre, _scaled(components, scale))


def _scaled(components: Projection, scale: Doubles) -> Floats:
    if components.matrix is None:
        raise AssertionError("principal components have a matrix")
    return np.asarray(components.matrix * scale, np.float32)


def _correlation(one: Feature, other: Feature, left: Projection, right: Projection) -> Doubles:
    rows = both(one, other)
    x = left(one.values[rows]).astype(np.float64)
    y = right(other.values[rows]).astype(np.float64)
    block: Doubles = (x - x.mean(axis=0)).T @ (y - y.mean(axis=0)) / len(rows)
    return block

"""Ridge map: where an item should lie in one modality, told from each of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.align import both
from prismrec.data.features import Feature
from prismrec.errors import BadData, UnknownName
from prismrec.graph.neighbours import centre_of
from prismrec.graph.ridge import ridge
from prismrec.reduction import Projection
from prismrec.types import Doubles

__all__ = ["RidgeMap"]


@dataclass(frozen=True)
class RidgeMap:
    """A linear map into `target` from every other modality, and what of its space they can tell.

    The penalty is chosen by leave-one-out error. Of the space of `target` the `dim` directions stay
    in which the maps move the most; what no other modality tells would only lengthen vectors.

    Source: Hoerl and Kennard 1970; Izenman 1975, for the reduced rank. Relations: `cca` treats
    modalities alike; the imputation `ridge` guesses from all others at once; `infonce` and
    `triplet` start here.
    """

    target: str = "text"  # modality whose space is kept
    dim: int | None = 128  # directions of it; none keeps them all

    def fit(self, items: Mapping[str, Feature]) -> dict[str, Projection]:
        """Learn the projections; see `prismrec.align.Alignment`."""
        if self.target not in items:
            raise UnknownName(f"ridge-map: there is no {self.target}, but {', '.join(items)}")
        if len(items) < 2:
            raise BadData("ridge-map: two modalities or more are needed")
        goal = items[self.target].observed_only()
        middle = centre_of(goal)
        moved = np.zeros((goal.dim, goal.dim))
        maps = {}
        for name, feature in items.items():
            if name == self.target:
                continue
            rows = both(goal, feature)
            x, y = feature.values[rows], goal.values[rows] - middle
            size = max(float(np.linalg.norm(x - x.mean(axis=0), axis=1).mean()), 1e-12)
            weight = np.ones(len(rows), np.float32)
            coefficients, _ = ridge(x / np.float32(size), y, weight)
            maps[name] = Projection(x.mean(axis=0), np.asarray(coefficients / size, np.float32))
            told = maps[name](x).astype(np.float64)
            moved += told.T @ told / len(rows)
        return self._short({self.target: Projection(middle), **maps}, moved)

    def _short(self, maps: dict[str, Projection], moved: Doubles) -> dict[str, Projection]:
        """The maps followed by a turn into the leading directions of movement."""
        if self.dim is None:
            return {name: Projection(p.centre, p.matrix, unit=True) for name, p in maps.items()}
        turn = np.linalg.eigh(moved)[1][:, ::-1][:, : self.dim].astype(np.float32)
        return {
            name: Projection(p.centre, turn if p.matrix is None else p.matrix @ turn, unit=True)
            for name, p in maps.items()
        }

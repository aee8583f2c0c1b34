"""Ridge map: where an item should lie in one modality, told from each of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.align import both
from prismrec.data.features import Feature
from prismrec.errors import BadData, UnknownName
from prismrec.graph.ridge import ridge
from prismrec.reduction import Projection

__all__ = ["RidgeMap"]


@dataclass(frozen=True)
class RidgeMap:
    """The space of `target`, and a linear map into it from every other modality.

    The penalty is chosen by leave-one-out error.

    Source: Hoerl and Kennard 1970. Relations: `cca` treats modalities alike and drops what only one
    of them says; the imputation `ridge` guesses from all others at once.
    """

    target: str = "text"  # modality whose space is kept

    def fit(self, items: Mapping[str, Feature]) -> dict[str, Projection]:
        """Learn the projections; see `prismrec.align.Alignment`."""
        if self.target not in items:
            raise UnknownName(f"ridge-map: there is no {self.target}, but {', '.join(items)}")
        if len(items) < 2:
            raise BadData("ridge-map: two modalities or more are needed")
        goal = items[self.target].observed_only()
        middle = goal.values[goal.present].mean(axis=0)
        out = {self.target: Projection(middle, unit=True)}
        for name, feature in items.items():
            if name == self.target:
                continue
            rows = both(goal, feature)
            x, y = feature.values[rows], goal.values[rows] - middle
            size = max(float(np.linalg.norm(x - x.mean(axis=0), axis=1).mean()), 1e-12)
            weight = np.ones(len(rows), np.float32)
            coefficients, _ = ridge(x / np.float32(size), y, weight)
            matrix = np.asarray(coefficients / size, np.float32)
            out[name] = Projection(x.mean(axis=0), matrix, unit=True)
        return out

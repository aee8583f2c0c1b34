"""Media: what the encoders said of items or users, brought to one width for a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from prismrec.data.features import Feature
from prismrec.graph.neighbours import centre_of
from prismrec.reduction.pca import Pca
from prismrec.reduction.projection import Projection
from prismrec.types import Floats

__all__ = ["Media", "preparation", "prepared"]

WIDEST = 256  # dimensions of a modality that a network is given


class Media(nn.Module):
    """m modalities of n rows, each projected to `dim` by a learnt matrix of its own.

    What is frozen is computed once: rows are centred and of length 1, and a modality of more than
    256 dimensions is first reduced to its leading principal components, so that no modality rules
    by its size and a step costs the same whatever the encoder. Absent rows are zero.
    """

    present: Tensor

    def __init__(self, features: Mapping[str, Feature], n: int, dim: int) -> None:
        super().__init__()
        self.names = tuple(features)
        self.n, self.dim = n, dim
        present = [feature.present for feature in features.values()]
        table = np.stack(present, axis=1) if present else np.zeros((n, 0), bool)
        self.register_buffer("present", torch.from_numpy(table), persistent=False)
        self.preparations = {name: preparation(feature) for name, feature in features.items()}
        self.projections = nn.ModuleList()
        for k, (name, feature) in enumerate(features.items()):
            values = torch.from_numpy(self.preparations[name].apply(feature).values)
            self.register_buffer(f"values_{k}", values, persistent=False)
            self.projections.append(nn.Linear(values.shape[1], dim))

    def __len__(self) -> int:
        return len(self.names)

    def values(self, k: int) -> Tensor:
        """(n, d_k) the frozen vectors of modality k."""
        values: Tensor = getattr(self, f"values_{k}")
        return values

    def forward(self, rows: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Projected vectors (b, m, dim) and what is present (b, m) of some rows, or of all."""
        present = self.present if rows is None else self.present.index_select(0, rows)
        if not len(self):
            return torch.zeros((len(present), 0, self.dim), device=present.device), present
        parts = []
        for k, projection in enumerate(self.projections):
            values = self.values(k)
            parts.append(projection(values if rows is None else values.index_select(0, rows)))
        return torch.stack(parts, dim=1) * present.unsqueeze(-1), present

    def summed(self, rows: Tensor | None = None) -> Tensor:
        """(b, dim) the sum over present modalities; zero where there is none."""
        total: Tensor = self(rows)[0].sum(dim=1)
        return total


def preparation(feature: Feature) -> Projection:
    """What brings a feature to centred rows of length 1, at most 256 wide."""
    if feature.dim > WIDEST:
        return replace(Pca(WIDEST).fit(feature), unit=True)
    return Projection(centre_of(feature), unit=True)


def prepared(feature: Feature) -> Floats:
    """(n, d) unit rows of a feature, at most 256 wide; zero where absent."""
    return preparation(feature).apply(feature).values

"""Profile: what a user posted, related to items of the same modality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prismrec.rankers.query import Query
from prismrec.types import Floats

__all__ = ["Profile"]


@dataclass(frozen=True, eq=False)
class Profile:
    """Similarity of what known users wrote or showed to what items are."""

    name: str  # the reason, such as "close to what you posted"
    modality: str
    users: Floats  # (n_users, d) unit rows, zero for a user without this modality
    items: Floats  # (n_items, d) unit rows, zero for an item without it

    def apply(self, query: Query) -> Floats:
        """(n, n_items) cosines; zero for strangers."""
        vectors = np.zeros((len(query), self.users.shape[1]), np.float32)
        known = query.users >= 0
        vectors[known] = self.users[query.users[known]]
        return np.asarray(vectors @ self.items.T, np.float32)

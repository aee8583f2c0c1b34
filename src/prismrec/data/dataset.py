"""Dataset: a log with the features of its items and users, ready for a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.types import Csr, Ints

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a model is fitted on. Parts of a split share vocabularies and features."""

    interactions: Interactions
    user_ids: Vocabulary
    item_ids: Vocabulary
    items: Mapping[str, Feature] = field(default_factory=dict)  # modality -> (n_items, d)
    users: Mapping[str, Feature] = field(default_factory=dict)  # modality -> (n_users, d)
    part: str = ""  # "train", "valid" or "test" of a split; "" where the log is whole

    def __post_init__(self) -> None:
        for side, features, n in (
            ("item", self.items, len(self.item_ids)),
            ("user", self.users, len(self.user_ids)),
        ):
            for name, feature in features.items():
                if len(feature) != n:
                    raise BadData(
                        f"{side} feature {name!r} has {len(feature)} rows but there are {n} {side}s"
                    )

    @property
    def n_users(self) -> int:
        """Number of users, those without history included."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items in the catalogue, those without history included."""
        return len(self.item_ids)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the item features."""
        return tuple(self.items)

    def matrix(self, *, binary: bool = True) -> Csr:
        """(n_users, n_items) sparse matrix of the log."""
        return self.interactions.matrix(self.n_users, self.n_items, binary=binary)

    def with_interactions(self, interactions: Interactions) -> Dataset:
        """The same catalogue with another log."""
        return replace(self, interactions=interactions)

    def item_support(self) -> Ints:
        """(n_items,) number of users that used each item."""
        matrix = self.matrix()
        return np.bincount(matrix.indices, minlength=self.n_items).astype(np.int64)

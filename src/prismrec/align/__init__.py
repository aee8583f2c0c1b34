"""Co-embedding: modalities of unequal dimension brought into one space, where they compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.reduction import Projection
from prismrec.types import Ints

__all__ = ["Alignment", "both"]


class Alignment(Protocol):
    """A frozen dataclass that learns how vectors of different modalities belong together.

    Rows that lack a modality teach what they can. Guessed rows teach nothing.
    """

    def fit(self, items: Mapping[str, Feature]) -> dict[str, Projection]:
        """One projection for each modality, into a space of the same dimension.

        Raises:
            BadData: where no two modalities are present together.
        """
        ...


def both(one: Feature, other: Feature) -> Ints:
    """Rows that have both modalities, neither of them guessed.

    Raises:
        BadData: where there is none.
    """
    rows: Ints = (one.observed & other.observed).nonzero()[0]
    if not len(rows):
        raise BadData("no item has both modalities, so nothing says how they belong together")
    return rows

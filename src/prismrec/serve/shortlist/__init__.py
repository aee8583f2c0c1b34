"""Candidates from big catalogues, so that not every item is scored for every request."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from prismrec.rankers import ItemWeights, Mixture
from prismrec.rankers.query import Query
from prismrec.serve.shortlist.dots import Dots
from prismrec.serve.shortlist.sums import Blend, Weighted
from prismrec.types import Bools, Floats, Ints

__all__ = ["SMALL", "Blend", "Dots", "Shortlist", "Weighted", "scores_at", "shortlist_of"]

SMALL = 5_000  # items up to which all are ranked: 4 ms for a mixture


class Shortlist(Protocol):
    """Who may be recommended to one person, best first."""

    def __call__(self, query: Query, n: int, only: Bools | None = None) -> Ints:
        """(<= n,) rows of about the best items; only those that `only` (n_items,) allows."""
        ...

    def scored(self, query: Query, n: int, only: Bools | None = None) -> tuple[Ints, Floats]:
        """The same rows with their exact scores, for the price of one."""
        ...

    def score(self, query: Query, rows: Ints) -> Floats:
        """(k,) exact scores of some items; NaN where there is no opinion."""
        ...

    def grown(self, ranker: Any) -> Shortlist:
        """The same for a ranker that `with_items` made of this one's."""
        ...

    def steered(self, ranker: Any) -> Shortlist:
        """The same for a ranker that differs in the weights of its parts alone."""
        ...


def shortlist_of(
    ranker: Any, folder: Path | None = None, *, small: int = SMALL
) -> Shortlist | None:
    """What draws short lists for a ranker; None where it has at most `small` items.

    None too for a kind of ranker that is not known here: it is ranked whole.

    Args:
        ranker: any fitted model.
        folder: where graphs are kept, named after the vectors that they are of; None: nowhere.
            Opening one takes milliseconds; building it, at the first start, up to minutes.
        small: items up to which all are ranked.
    """
    if ranker.n_items <= small:
        return None
    if isinstance(ranker, Mixture):
        return Blend.of(ranker, folder)
    if isinstance(ranker, ItemWeights):
        return Weighted(ranker)
    if hasattr(ranker, "vectors") and hasattr(ranker, "items"):
        return Dots.of(ranker, folder)
    return None


def scores_at(ranker: Any, query: Query, rows: Ints) -> Floats:
    """(k,) `ranker.score(query)[0, rows]` for one person, by a whole pass."""
    return np.asarray(ranker.score(query)[0, rows], np.float32)

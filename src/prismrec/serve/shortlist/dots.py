"""Short lists of rankers whose score is a dot product."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prismrec.rankers.int8_towers import Int8Rows, Int8Towers
from prismrec.rankers.query import Query
from prismrec.selection import best
from prismrec.serve.shortlist.nearest import Nearest
from prismrec.types import Bools, Floats, Ints

__all__ = ["Dots"]

FEW = 4096  # allowed items up to which each is scored
MARGIN = 64  # items asked of a graph beside those that are wanted
MOST = 2048  # items asked of a graph at once; from there on a whole pass is as fast


@dataclass(frozen=True, eq=False)
class Dots:
    """Towers of any kind and sequences: a vector for the person, one for each item.

    Answers are those of a whole ranking but for the items that the graph misses.
    """

    exact: ClassVar[bool] = False

    ranker: Any  # Towers, ContentTowers, Int8Towers or SequenceRanker
    nearest: Nearest
    opinion: Bools | None  # (n_items,) where it has one; None: everywhere

    @classmethod
    def of(cls, ranker: Any, folder: Path | None) -> Dots:
        """Open or build the graph of a ranker's items."""
        vectors, bias, opinion = _items_of(ranker)
        return cls(ranker, Nearest.of(vectors, bias, folder), opinion)

    def __call__(self, query: Query, n: int, only: Bools | None = None) -> Ints:
        """(<= n,) rows of about the best items of one person, best first."""
        return self.scored(query, n, only)[0]

    def scored(self, query: Query, n: int, only: Bools | None = None) -> tuple[Ints, Floats]:
        """About the n best items of one person and their exact scores, best first.

        Args:
            query: one person.
            n: how many at most.
            only: (n_items,) which items may be returned; all where None.
        """
        if self.nearest.bias is None and not len(query.history.values) and query.users[0] < 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)  # no opinion at all
        return self.around(self.vector(query), n, only)

    def vector(self, query: Query) -> Floats:
        """(d,) where one person stands."""
        found = self.ranker.vectors(query)
        return np.asarray(
            found.floats()[0] if isinstance(found, Int8Rows) else found[0], np.float32
        )

    def around(self, vector: Floats, n: int, only: Bools | None = None) -> tuple[Ints, Floats]:
        """`scored` for whoever stands at a vector (d,)."""
        rows = self._candidates(vector, n, self._allowed(only))
        scores = self.nearest.at(vector, rows)
        order = np.lexsort((rows, -scores))[:n]
        return rows[order], scores[order]

    def score(self, query: Query, rows: Ints) -> Floats:
        """(k,) exact scores of some items for one person; NaN where there is no opinion."""
        if self.nearest.bias is None and not len(query.history.values) and query.users[0] < 0:
            return np.full(len(rows), np.nan, np.float32)
        scores = self.nearest.at(self.vector(query), rows)
        if self.opinion is not None:
            scores[~self.opinion[rows]] = np.nan
        return scores

    def grown(self, ranker: Any) -> Dots:
        """The same for a ranker that `with_items` made of this one."""
        vectors, bias, opinion = _items_of(ranker, self.nearest.vectors)
        return Dots(ranker, self.nearest.grown(vectors, bias), opinion)

    def steered(self, ranker: Any) -> Dots:
        """The same for a ranker of the same vectors."""
        return replace(self, ranker=ranker)

    def _allowed(self, only: Bools | None) -> Bools | None:
        if only is None or self.opinion is None:
            return self.opinion if only is None else only
        return only & self.opinion

    def _candidates(self, vector: Floats, n: int, allowed: Bools | None) -> Ints:
        """Rows among which the best n are; all of them are allowed."""
        if allowed is None:
            return self.nearest.best(vector, n + MARGIN)
        count = int(np.count_nonzero(allowed))
        wanted = int(1.25 * n * len(allowed) / max(count, 1)) + MARGIN
        if count > FEW and wanted <= MOST:
            found = self.nearest.best(vector, wanted)
            found = found[allowed[found]]
            if len(found) >= n:
                return found
        if count <= len(allowed) // 4:
            return np.flatnonzero(allowed)
        values = np.where(allowed, self.nearest.all(vector), np.float32(-np.inf))
        rows: Ints = best(values[None], min(n, count))[0][0]
        return rows


def _items_of(
    ranker: Any, before: Floats | None = None
) -> tuple[Floats, Floats | None, Bools | None]:
    """Vectors, bias and opinion of a ranker's items; `before` are vectors known already."""
    towers = getattr(ranker, "towers", ranker)
    vectors = towers.items
    if isinstance(ranker, Int8Towers):
        start = 0 if before is None else len(before)
        late = ranker.items.floats(np.arange(start, ranker.n_items))
        vectors = late if before is None else np.vstack([before, late])
    opinion = towers.has_opinion
    if opinion is not None and opinion.all():
        opinion = None
    return vectors, getattr(towers, "bias", None), opinion

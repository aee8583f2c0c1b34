"""Short lists of rankers whose score is a dot product."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prismrec.rankers.int8_towers import Int8Rows, Int8Towers
from prismrec.rankers.query import Query
from prismrec.serve.shortlist.nearest import WHOLE, Nearest
from prismrec.types import Bools, Floats, Ints

__all__ = ["Dots"]

FEW = 4096  # allowed items up to which each is scored
MOST = 1024  # items asked of a graph at once; from there on a whole pass is as fast
SAMPLE = 64  # people by whom a graph is measured


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
    def of(cls, ranker: Any, folder: Path | None, *, whole: int = WHOLE) -> Dots:
        """Open or build the graph of a ranker's items; see `Nearest.of`."""
        vectors, bias, opinion = _items_of(ranker)
        nearest = Nearest.of(vectors, bias, _people(ranker, vectors), folder=folder, whole=whole)
        return cls(ranker, nearest, opinion)

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
        if self._stands_nowhere(query):
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
        if self._stands_nowhere(query):
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

    def _stands_nowhere(self, query: Query) -> bool:
        """Whether nothing is known of a person, which only a bias or a start could make up for."""
        nobody = query.users[0] < 0 and not len(query.history.values)
        return nobody and self.nearest.bias is None and not hasattr(self.ranker, "start")

    def _allowed(self, only: Bools | None) -> Bools | None:
        if only is None or self.opinion is None:
            return self.opinion if only is None else only
        return only & self.opinion

    def _candidates(self, vector: Floats, n: int, allowed: Bools | None) -> Ints:
        """Rows among which the best n are, but for what the graph misses; all are allowed."""
        if allowed is None:
            return self.nearest.best(vector, n)
        count = int(np.count_nonzero(allowed))
        if count <= FEW:
            return np.flatnonzero(allowed)
        wanted = int(1.25 * n * len(allowed) / count) + 1
        return self.nearest.best(vector, min(wanted, MOST), allowed)


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


def _people(ranker: Any, items: Floats) -> Floats:
    """(m, d) where some people stand; a ranker without users has the middles of two items."""
    rng = np.random.default_rng(0)
    users = getattr(ranker, "users", None)
    if users is None or not len(users):
        pairs = rng.integers(0, len(items), (SAMPLE, 2))
        return np.asarray(items[pairs].mean(axis=1), np.float32)
    rows = rng.integers(0, len(users), SAMPLE)
    return users.floats(rows) if isinstance(users, Int8Rows) else users[rows]

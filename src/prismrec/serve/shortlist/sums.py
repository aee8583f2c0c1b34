"""Short lists of sums over past items: mixtures and item weights."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from prismrec.rankers.item_weights import ItemWeights
from prismrec.rankers.mixture import Mixture, bucket_of
from prismrec.rankers.parts import Part
from prismrec.rankers.profile import Profile
from prismrec.rankers.query import Query
from prismrec.selection import best
from prismrec.serve.shortlist.voices import WHOLE, Low, Past, Said, low_said, sparse_said
from prismrec.types import Bools, Floats, Ints

__all__ = ["Blend", "Weighted"]

FEW = 2048  # allowed items up to which each is scored
FACTOR = 8  # items of each kind that are scored exactly, for each that is wanted
LEAST = 256  # such items at least

Spoken = Mapping[int, Said]  # by source


@dataclass(frozen=True, eq=False)
class Blend:
    """A mixture, one person at a time, without a number per item in its sources of low rank.

    The best by the sparse relations and the prior, and the best by each source of low rank are
    scored exactly. All scores are those of `Mixture.score` but for the scale of a source whose
    largest value the cells miss.
    """

    exact: ClassVar[bool] = False

    ranker: Mixture
    low: Sequence[Low | None]  # by source; None for a sparse one
    bucket: Ints  # (n_items,) of the support
    liked: Ints  # items by prior, best first
    # what was said of a query, which no weight changes
    heard: MutableMapping[Query, dict[int, Said]] = field(default_factory=WeakKeyDictionary)

    @classmethod
    def of(cls, ranker: Mixture, folder: Path | None, *, whole: int = WHOLE) -> Blend:
        """Prepare a mixture's sources of low rank; see `Low.of`."""
        low = [
            None if rows is None else Low.of(rows, folder, whole=whole)
            for rows in map(_rows_of, ranker.sources)
        ]
        return cls(ranker, low, bucket_of(ranker.support), _by_prior(ranker))

    def __call__(self, query: Query, n: int, only: Bools | None = None) -> Ints:
        """(<= n,) rows of about the best items of one person, best first."""
        return self.scored(query, n, only)[0]

    def scored(self, query: Query, n: int, only: Bools | None = None) -> tuple[Ints, Floats]:
        """About the n best items of one person and their scores, best first.

        Args:
            query: one person.
            n: how many at most.
            only: (n_items,) which items may be returned; all where None.
        """
        said = self.said(query)
        rows = self._candidates(said, n, only)
        scores = self._scores(said, rows)
        order = np.lexsort((rows, -scores))[:n]
        return rows[order], scores[order]

    def score(self, query: Query, rows: Ints) -> Floats:
        """(k,) scores of some items for one person."""
        return self._scores(self.said(query), rows)

    def grown(self, ranker: Mixture) -> Blend:
        """The same for a ranker that `with_items` made of this one."""
        low = [
            None if old is None or rows is None else old.grown(rows)
            for old, rows in zip(self.low, map(_rows_of, ranker.sources), strict=True)
        ]
        bucket = np.concatenate([self.bucket, bucket_of(ranker.support[len(self.bucket) :])])
        return Blend(ranker, low, bucket, _by_prior(ranker))

    def steered(self, ranker: Mixture) -> Blend:
        """The same for a ranker that differs in its weights and gates alone."""
        return replace(self, ranker=ranker)

    def said(self, query: Query) -> Spoken:
        """What each source says that has any weight; it is remembered as long as the query is."""
        spoken = self.heard.setdefault(query, {})
        asked = [
            row
            for row in range(len(self.low))
            if self.ranker.weights[row].any() or self.ranker.gates[row].any()
        ]
        if new := [row for row in asked if row not in spoken]:
            history = self.ranker.history(query)
            past = Past(history.indices.astype(np.int64), history.data)
            for row in new:
                spoken[row] = self._voice(row, self.ranker.sources[row], query, past)
        return {row: spoken[row] for row in asked}

    def _voice(self, row: int, source: Part | Profile, query: Query, past: Past) -> Said:
        low = self.low[row]
        if low is None:
            assert isinstance(source, Part)
            return sparse_said(source, past)
        if isinstance(source, Part):
            return low_said(low, past.strength @ source.given[past.items], past)
        known = query.users[0] >= 0
        posted = source.users[query.users[0]] if known else np.zeros(source.users.shape[1])
        return low_said(low, np.asarray(posted, np.float32), past)

    def _factors(self, row: int, said: Said) -> Floats:
        """(3,) by bucket of an item: what the values of a source are multiplied by."""
        by_bucket = self.ranker.weights[row] + said.coherence * self.ranker.gates[row]
        return np.asarray(by_bucket / said.scale, np.float32)

    def _scores(self, said: Spoken, rows: Ints, kind: bool | None = None) -> Floats:
        """(k,) scores of rows; by sources of low rank alone or the others alone unless None."""
        total = self.ranker.prior[rows].astype(np.float32)
        bucket = self.bucket[rows]
        for row, voice in said.items():
            if kind is not None and (self.low[row] is not None) != kind:
                continue
            factors = self._factors(row, voice)
            if factors.any():
                total += voice.at(rows) * factors[bucket]
        return total

    def _candidates(self, said: Spoken, n: int, only: Bools | None) -> Ints:
        """Rows among which the best n are, but for what the cells miss; all of them allowed."""
        if only is not None and np.count_nonzero(only) <= FEW:
            return np.flatnonzero(only)
        n_items = self.ranker.n_items
        wanted = max(LEAST, FACTOR * n)
        mark = np.zeros(n_items, bool)
        mark[self.liked[:wanted]] = True
        for row, voice in said.items():
            if self.low[row] is None:
                mark[voice.rows] = True
        spoken = np.flatnonzero(mark if only is None else mark & only)
        partial = self._scores(said, spoken, kind=False)
        if len(spoken) > wanted:
            spoken = spoken[np.argpartition(-partial, wanted)[:wanted]]
        near = [voice.rows for row, voice in said.items() if self.low[row] is not None]
        mark[:] = False
        for rows in (spoken, *near):
            mark[rows] = True
        found = np.flatnonzero(mark if only is None else mark & only)
        enough = n if only is None else min(n, int(np.count_nonzero(only)))
        if len(found) >= enough:
            return found
        return np.arange(n_items) if only is None else np.flatnonzero(only)


@dataclass(frozen=True, eq=False)
class Weighted:
    """Item weights, one person at a time: sparse, so that the whole ranking is cheap and exact."""

    exact: ClassVar[bool] = True

    ranker: ItemWeights

    def __call__(self, query: Query, n: int, only: Bools | None = None) -> Ints:
        """(<= n,) rows of the best items of one person, best first."""
        return self.scored(query, n, only)[0]

    def scored(self, query: Query, n: int, only: Bools | None = None) -> tuple[Ints, Floats]:
        """The n best items of one person and their scores, best first; see `Blend.scored`."""
        scores = self._all(query)
        hidden = np.isnan(scores) if only is None else np.isnan(scores) | ~only
        scores[hidden] = -np.inf
        width = min(n, len(scores) - int(np.count_nonzero(hidden)))
        if width < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, values = best(scores[None], width)
        return rows[0], values[0]

    def score(self, query: Query, rows: Ints) -> Floats:
        """(k,) scores of some items for one person; NaN where there is no opinion."""
        return np.asarray(self._all(query)[rows], np.float32)

    def grown(self, ranker: ItemWeights) -> Weighted:
        """The same for a ranker that `with_items` made of this one."""
        return Weighted(ranker)

    def steered(self, ranker: ItemWeights) -> Weighted:
        """The same for a ranker that differs in its weights alone."""
        return Weighted(ranker)

    def _all(self, query: Query) -> Floats:
        ranker = self.ranker
        history = query.matrix(ranker.n_items, binary=not ranker.weighted)
        past = history.indices.astype(np.int64)
        bias = np.zeros(ranker.n_items, np.float32) if ranker.bias is None else ranker.bias
        total = bias.astype(np.float32)  # a copy
        for part in ranker.parts:
            rows = part.given[past]
            if part.right is not None:
                total += part.right @ (history.data @ rows)
            else:
                total += rows.T @ history.data
        if ranker.has_opinion is not None:
            total[~ranker.has_opinion] = np.nan
        return total


def _rows_of(source: Part | Profile) -> Floats | None:
    """What a source of low rank multiplies; None for a sparse one."""
    return source.items if isinstance(source, Profile) else source.right


def _by_prior(ranker: Mixture) -> Ints:
    return np.argsort(-ranker.prior, kind="stable").astype(np.int64)

"""What each source of a sum says about one person, without a number per item where it can be had.

A sparse relation speaks of a few thousand items. One of low rank speaks of all, but its mean and
spread over the catalogue follow from the mean and the moments of its vectors, and its largest
values are found in cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.rankers.mixture import LEAST, TINY
from prismrec.rankers.parts import Part
from prismrec.selection import best
from prismrec.serve.shortlist.cells import Cells
from prismrec.types import Csr, Floats, Ints

__all__ = ["Entries", "Low", "Past", "Said", "Spread", "low_said", "sparse_said"]

WHOLE = 1 << 22  # numbers up to which a whole pass is quick enough: 1 ms on one core
SOUGHT = 64  # items beside those of the history among which the largest value is sought


@dataclass(frozen=True, eq=False)
class Past:
    """What one person used."""

    items: Ints  # (h,) each once
    strength: Floats  # (h,)


@dataclass(frozen=True, eq=False)
class Entries:
    """What stands in some rows of a sparse matrix, row after row."""

    columns: npt.NDArray[np.integer[Any]]  # (e,)
    data: Floats  # (e,)
    lengths: Ints  # (h,) how many entries each row has

    @classmethod
    def of(cls, matrix: Csr, rows: Ints) -> Entries:
        """Those rows; by hand, since scipy takes ten times as long over what surrounds it."""
        starts = matrix.indptr[rows].astype(np.int64)
        lengths = matrix.indptr[rows + 1] - starts
        ends = lengths.cumsum()
        places = np.arange(ends[-1] if len(ends) else 0)
        places += np.repeat(starts - ends + lengths, lengths)
        return cls(matrix.indices[places], matrix.data[places], lengths)


@dataclass(frozen=True, eq=False)
class Said:
    """What one source says: values at any rows, and what `Evidence` knows of all of them."""

    values: Floats | tuple[Floats, Floats]  # (n_items,), or a matrix and what it is multiplied by
    mean: float
    spread: float  # standard deviation
    scale: float  # largest absolute value outside the history
    coherence: float
    rows: Ints  # those that it speaks of most
    entries: Entries | None = None  # of the relation, in the rows of the history

    def at(self, rows: Ints) -> Floats:
        """(k,) values at some rows."""
        if isinstance(self.values, tuple):
            matrix, query = self.values
            return np.asarray(matrix[rows] @ query, np.float32)
        return self.values[rows]


@dataclass(frozen=True, eq=False)
class Spread:
    """Mean and moments of the rows of a matrix."""

    n: int
    total: npt.NDArray[np.float64]  # (d,)
    gram: npt.NDArray[np.float64]  # (d, d) `rows.T @ rows`

    @classmethod
    def of(cls, rows: Floats) -> Spread:
        """From all rows, (n, d)."""
        d = rows.shape[1]
        return cls(0, np.zeros(d), np.zeros((d, d))).with_rows(rows)

    def with_rows(self, rows: Floats) -> Spread:
        """The same with more rows."""
        gram = self.gram + (rows.T @ rows).astype(np.float64)
        return Spread(self.n + len(rows), self.total + rows.sum(axis=0, dtype=np.float64), gram)

    def along(self, query: Floats) -> tuple[float, float]:
        """Mean and standard deviation of `rows @ query`."""
        wide = query.astype(np.float64)
        mean = float(self.total @ wide) / max(1, self.n)
        square = float(wide @ self.gram @ wide) / max(1, self.n)
        return mean, max(0.0, square - mean**2) ** 0.5


@dataclass(frozen=True, eq=False)
class Low:
    """A source of low rank: how its rows lie, and where its largest values are."""

    rows: Floats  # (n_items, r)
    spread: Spread
    cells: Cells | None  # None: a whole pass is quick enough

    @classmethod
    def of(cls, rows: Floats, folder: Path | None, *, whole: int = WHOLE) -> Low:
        """Sort the rows into cells where they are more than `whole` numbers."""
        cells = Cells.of(rows, folder) if rows.size > whole else None
        return cls(rows, Spread.of(rows), cells)

    def grown(self, rows: Floats) -> Low:
        """The same with further rows."""
        late = rows[self.spread.n :]
        cells = None if self.cells is None else self.cells.grown(rows)
        return Low(rows, self.spread.with_rows(late), cells)


def low_said(low: Low, query: Floats, past: Past) -> Said:
    """What a low-rank source says; `query` (r,) is what the person stands for in it."""
    mean, spread = low.spread.along(query)
    wanted = SOUGHT + len(past.items)
    if low.cells is None:
        values = np.asarray(low.rows @ query, np.float32)
        own, top = _own(values, past)
        rows: Ints = best(values[None], min(wanted, len(values)))[0][0]
        return Said(values, mean, spread, top, _coherence(own, mean, spread), rows)
    found = low.cells.extremes(query, wanted)
    outside = _without(found, past.items)
    top = float(np.abs(low.rows[outside] @ query).max(initial=0))
    coherence = _coherence(low.rows[past.items] @ query, mean, spread)
    return Said((low.rows, query), mean, spread, max(top, float(TINY)), coherence, outside)


def sparse_said(part: Part, past: Past) -> Said:
    """What a sparse relation says."""
    given = part.given
    entries: Entries | None = None
    if isinstance(given, np.ndarray):
        values = np.asarray(given[past.items].T @ past.strength, np.float32)
        spoken = np.arange(len(values))
    else:
        entries = Entries.of(given, past.items)
        amounts = entries.data * np.repeat(past.strength, entries.lengths)
        values = np.zeros(given.shape[1], np.float32)
        np.add.at(values, entries.columns, amounts)
        spoken = entries.columns.astype(np.int64, copy=False)
    n = max(1, len(values))
    mean = float(values.sum()) / n
    spread = max(0.0, float(values @ values) / n - mean**2) ** 0.5
    own, top = _own(values, past)
    return Said(values, mean, spread, top, _coherence(own, mean, spread), spoken, entries)


def _without(rows: Ints, past: Ints) -> Ints:
    """Rows that are not of the past; `np.isin` takes ten times as long."""
    if not len(past):
        return rows
    ordered = np.sort(past)
    place = np.searchsorted(ordered, rows)
    place[place == len(ordered)] = 0
    outside: Ints = rows[ordered[place] != rows]
    return outside


def _own(values: Floats, past: Past) -> tuple[Floats, float]:
    """Values of the history, and the largest absolute one outside it."""
    own = values[past.items]
    values[past.items] = 0
    top = max(float(values.max(initial=0)), -float(values.min(initial=0)), float(TINY))
    values[past.items] = own
    return own, top


def _coherence(own: Floats, mean: float, spread: float) -> float:
    """As `Evidence.of` has it."""
    if len(own) < 2:
        return 0.0
    z = max(float(own.mean()) - mean, 0.0) / (spread + float(TINY))
    coherence = z**2 / (1 + z**2)
    return coherence if coherence >= LEAST else 0.0

"""Jagged: rows of unequal length in two flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.types import Csr, Floats, Ints

__all__ = ["Jagged"]


@dataclass(frozen=True, eq=False)
class Jagged:
    """Rows of unequal length: row i is `values[offsets[i]:offsets[i + 1]]`."""

    values: Ints  # (total,)
    offsets: Ints  # (n + 1,), starts at 0, never falls

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[int]]) -> Jagged:
        """Pack a list of lists."""
        lists = [np.asarray(row, dtype=np.int64) for row in rows]
        lengths = np.asarray([len(row) for row in lists], dtype=np.int64)
        values = np.concatenate(lists) if lists else np.empty(0, np.int64)
        return cls(
            values.astype(np.int64), np.concatenate([[0], lengths.cumsum()]).astype(np.int64)
        )

    @classmethod
    def empty(cls, n: int) -> Jagged:
        """N rows with nothing in them."""
        return cls(np.empty(0, np.int64), np.zeros(n + 1, np.int64))

    @classmethod
    def group(cls, rows: Ints, values: Ints, n: int) -> Jagged:
        """Put `values[k]` into row `rows[k]`, keeping the order given within a row."""
        order = np.argsort(rows, kind="stable")
        offsets = np.concatenate([[0], np.bincount(rows, minlength=n).cumsum()]).astype(np.int64)
        return cls(values[order].astype(np.int64), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Ints:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> Ints:
        """(n,) number of values in each row."""
        return self.offsets[1:] - self.offsets[:-1]

    @property
    def rows(self) -> Ints:
        """(total,) the row that each value belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    def positions(self, rows: Ints) -> Ints:
        """Places in `values` that the chosen rows occupy, row after row."""
        lengths = self.lengths[rows]
        starts = np.repeat(self.offsets[rows], lengths)
        within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
        places: Ints = starts + within
        return places

    def take(self, rows: Ints) -> Jagged:
        """The chosen rows, in the order asked for; repeats are allowed."""
        offsets = np.concatenate([[0], self.lengths[rows].cumsum()]).astype(np.int64)
        return Jagged(self.values[self.positions(rows)], offsets)

    def to_csr(self, n_columns: int, data: Floats | None = None) -> Csr:
        """(n, n_columns) matrix with `data` (ones where None) at each value; repeats add up."""
        from scipy import sparse

        entries = np.ones(len(self.values), np.float32) if data is None else data
        matrix = sparse.csr_array(
            (entries, self.values, self.offsets), shape=(len(self), n_columns), copy=True
        )
        matrix.sum_duplicates()  # in place: without the copy it would reorder this history
        return matrix

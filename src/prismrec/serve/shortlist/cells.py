"""Vectors sorted into cells, so that the largest and smallest dot products lie in a few of them.

Factors of a log and what media say of taste lie in clumps: people use things of a kind. A person's
best items are then in the cells whose centres are the best, and reading those costs a hundredth of
a whole pass. Centres are found by k-means, 2 s for 200,000 x 64 numbers.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from prismrec.types import Floats, Ints

__all__ = ["Cells"]

CELLS = 1024
ROUNDS, SAMPLE, BLOCK = 6, 32, 8192  # of k-means; rows of the sample per cell; rows at a time
UP, DOWN = 64, 16  # cells that are read for the largest and for the smallest products
MOST = 1 / 16  # of all rows, that are read at most


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of a matrix by cell; rows that came later are in none and are all read."""

    vectors: Floats  # (n, d)
    centres: Floats  # (c, d)
    order: Ints  # (covered,) rows, cell after cell
    starts: Ints  # (c + 1,) where each cell begins in `order`
    ordered: Floats  # (covered, d) `vectors[order]`: a cell is read in one piece

    @classmethod
    def of(cls, vectors: Floats, folder: Path | None = None) -> Cells:
        """Sort rows into cells, or open what a folder has of the same rows."""
        file = None if folder is None else folder / f"cells-{_checksum(vectors)}.npz"
        found = None if file is None else _opened(file)
        if found is None:
            centres = _centres(vectors)
            found = centres, _cell_of(vectors, centres)
            if file is not None:
                _save(file, *found)
        centres, cell = found
        order = np.argsort(cell, kind="stable").astype(np.int64)
        starts = np.searchsorted(cell[order], np.arange(len(centres) + 1)).astype(np.int64)
        return cls(vectors, centres, order, starts, vectors[order])

    def extremes(self, query: Floats, n: int) -> Ints:
        """Rows with about the n largest and the n smallest `vectors @ query`, in no order."""
        near = self.centres @ query
        covered = len(self.order)
        rows, values = [np.arange(covered, len(self.vectors))], [self.vectors[covered:] @ query]
        for cell in self._read(near):
            part = slice(self.starts[cell], self.starts[cell + 1])
            rows.append(self.order[part])
            values.append(self.ordered[part] @ query)
        found, scores = np.concatenate(rows), np.concatenate(values)
        if len(found) <= 2 * n:
            return found
        places = np.argpartition(scores, (n, len(scores) - n))
        chosen: Ints = found[np.concatenate([places[:n], places[-n:]])]
        return chosen

    def _read(self, near: Floats) -> list[int]:
        """Cells to read, best first, as long as they have not too many rows."""
        best = np.argpartition(-near, UP)[:UP] if len(near) > UP else np.arange(len(near))
        worst = np.argpartition(near, DOWN)[:DOWN] if len(near) > DOWN else best[:0]
        best = best[np.argsort(-near[best])]
        sizes = np.diff(self.starts)
        within = sizes[best].cumsum() <= max(MOST * len(self.order), sizes[best[0]])
        light = sizes[worst].cumsum() <= MOST * len(self.order)
        return [int(cell) for cell in np.unique(np.concatenate([best[within], worst[light]]))]

    def grown(self, vectors: Floats) -> Cells:
        """The same with further rows; the first ones must not have changed."""
        return replace(self, vectors=vectors)


def _centres(vectors: Floats) -> Floats:
    """(c, d) means of clumps, by k-means on a sample."""
    rng = np.random.default_rng(0)
    count = min(CELLS, max(1, len(vectors) // SAMPLE))
    sample = vectors[rng.permutation(len(vectors))[: SAMPLE * count]]
    centres = sample[:count].copy()
    for _ in range(ROUNDS):
        cell = _cell_of(sample, centres)
        size = np.bincount(cell, minlength=count)
        total = np.zeros_like(centres)
        np.add.at(total, cell, sample)
        kept = size > 0
        centres[kept] = total[kept] / size[kept, None]
    return centres


def _cell_of(vectors: Floats, centres: Floats) -> Ints:
    """(n,) nearest centre of each row."""
    half = (centres**2).sum(axis=1) / 2
    out = np.empty(len(vectors), np.int64)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        out[start : start + BLOCK] = (block @ centres.T - half).argmax(axis=1)
    return out


def _checksum(vectors: Floats) -> str:
    """A name for the content of some rows and for how they are sorted."""
    hasher = hashlib.sha256(f"{vectors.shape} {CELLS} {ROUNDS} {SAMPLE}".encode())
    hasher.update(np.ascontiguousarray(vectors).data)
    return hasher.hexdigest()[:16]


def _opened(file: Path) -> tuple[Floats, Ints] | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            return kept["centres"], kept["cell"].astype(np.int64)
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _save(file: Path, centres: Floats, cell: Ints) -> None:
    """Write in one step; where that is impossible rows are sorted anew at each start."""
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".writing-") as aside:
            written = Path(aside) / file.name
            np.savez(written, centres=centres, cell=cell.astype(np.int32))
            with written.open("rb") as stream:
                os.fsync(stream.fileno())
            written.replace(file)
    except OSError:
        return

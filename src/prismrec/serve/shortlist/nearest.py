"""The largest dot products with many vectors, from a graph that lies on disk."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from usearch.compiled import MetricKind
from usearch.index import Index

from prismrec.types import Floats, Ints

__all__ = ["Nearest"]

CONNECTIVITY, CARE, EFFORT = 16, 96, 192  # links of a vector, looked at when added, when sought
DTYPE = "f16"
LATE = 4096  # vectors that came later and are all looked at; more are added to the graph


@dataclass(frozen=True, eq=False)
class Nearest:
    """Vectors, of which most are in a graph and the latest are compared one by one.

    Each vector may have a bias, which is one more dimension of it in the graph.
    """

    vectors: Floats  # (n, d)
    bias: Floats | None  # (n,)
    graph: Index
    covered: int  # rows that the graph was made from; those after it came later
    file: Path | None = None  # of the graph
    # a graph has as many places for searches as cores, and refuses more at a time
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, vectors: Floats, bias: Floats | None, folder: Path | None) -> Nearest:
        """Open the graph of some vectors in a folder, or build it and leave it there.

        Its file is named after the content of the vectors, so that it is never another's. A file
        that cannot be read is built anew. Building takes about 20 s for 200,000 x 64 numbers.
        """
        file = None if folder is None else folder / f"nearest-{_checksum(vectors, bias)}.usearch"
        graph = None if file is None else _opened(file, len(vectors))
        if graph is None:
            graph = _empty(vectors.shape[1] + (bias is not None))
            _add(graph, vectors, bias, start=0)
            if file is not None:
                _save(graph, file)
        return cls(vectors, bias, graph, len(vectors), file)

    def best(self, query: Floats, n: int) -> Ints:
        """Rows of about the n largest `vectors @ query + bias`, in no order; more may be given."""
        asked = query if self.bias is None else np.append(query, np.float32(1))
        with self.lock:
            found = self.graph.search(asked, min(n, len(self.graph)), threads=1).keys
        late = np.arange(self.covered, len(self.vectors))
        if len(late) > n:
            scores = self.at(query, late)
            late = late[np.argpartition(-scores, n)[:n]]
        return np.concatenate([found.astype(np.int64), late])

    def at(self, query: Floats, rows: Ints) -> Floats:
        """(k,) exact values of some rows."""
        values = np.asarray(self.vectors[rows] @ query, np.float32)
        return values if self.bias is None else values + self.bias[rows]

    def all(self, query: Floats) -> Floats:
        """(n,) exact values of all rows."""
        values = np.asarray(self.vectors @ query, np.float32)
        return values if self.bias is None else values + self.bias

    def grown(self, vectors: Floats, bias: Floats | None) -> Nearest:
        """The same with further rows; the first ones must not have changed."""
        if len(vectors) - self.covered <= LATE:
            return Nearest(vectors, bias, self.graph, self.covered, self.file, self.lock)
        with self.lock:
            graph = self.graph.copy()
        _add(graph, vectors, bias, start=self.covered)
        return Nearest(vectors, bias, graph, len(vectors))


def _empty(dim: int) -> Index:
    return Index(
        ndim=dim,
        metric=MetricKind.IP,
        dtype=DTYPE,
        connectivity=CONNECTIVITY,
        expansion_add=CARE,
        expansion_search=EFFORT,
    )


def _add(graph: Index, vectors: Floats, bias: Floats | None, *, start: int) -> None:
    """Put rows from `start` on into a graph; rows of zeros are nobody's nearest."""
    rows = start + np.flatnonzero(vectors[start:].any(axis=1))
    if bias is not None:
        rows = np.arange(start, len(vectors))
    values = vectors[rows] if bias is None else np.column_stack([vectors[rows], bias[rows]])
    graph.add(rows, np.ascontiguousarray(values, np.float32))


def _opened(file: Path, n: int) -> Index | None:
    """The graph in a file, which stays on disk; None where there is no sound one."""
    if not file.is_file():
        return None
    try:
        graph = Index.restore(str(file), view=True)
    except (RuntimeError, ValueError, OSError):
        return None
    if graph is None or not 0 < len(graph) <= n:
        return None
    graph.expansion_search = EFFORT  # type: ignore[misc]  # has a setter that its types lack
    return graph


def _save(graph: Index, file: Path) -> None:
    """Write a graph in one step; a folder that cannot be written costs a build at each start."""
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".writing-") as aside:
            written = Path(aside) / file.name
            graph.save(str(written))
            with written.open("rb") as stream:
                os.fsync(stream.fileno())
            written.replace(file)
    except OSError:
        return


def _checksum(vectors: Floats, bias: Floats | None) -> str:
    """A name for the content of some vectors and for how a graph is made of them."""
    made = f"{vectors.shape} {DTYPE} {CONNECTIVITY} {CARE}"
    hasher = hashlib.sha256(made.encode())
    for array in (vectors, bias):
        hasher.update(b"none" if array is None else np.ascontiguousarray(array).data)
    return hasher.hexdigest()[:16]

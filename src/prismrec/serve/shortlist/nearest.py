"""The largest dot products with many vectors: from a graph where one is sure and quick, else all.

A graph of neighbours finds vectors that lie in clumps in a fraction of the time of a whole pass.
Among vectors that lie evenly, as those of items with a handful of users do, it has to look at so
many that a whole pass is as quick, and misses some. Which it is gets measured when one is built.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from usearch.compiled import MetricKind
from usearch.index import Index

from prismrec.selection import best
from prismrec.types import Bools, Floats, Ints

__all__ = ["ENOUGH", "WHOLE", "Nearest"]

WHOLE = 1 << 24  # numbers up to which a whole pass is quick enough: 3 ms on one core
CONNECTIVITY, CARE = 16, 96  # links of a vector, and vectors looked at when it gets them
DTYPE = "f16"
MANY = 50_000  # vectors that are added by all cores at once
LATE = 4096  # vectors that came later and are all looked at; more are added to the graph
TOP, ENOUGH = 20, 0.99  # recall that a graph must reach
BREADTHS = (128, 256, 512, 1024)  # vectors asked of a graph, of which the best are taken


@dataclass(frozen=True, eq=False)
class Nearest:
    """Vectors, each with a bias if need be, and the graph of most of them if there is one.

    A bias is one more dimension of a vector in the graph. Rows that came after the graph was made
    are compared one by one.
    """

    vectors: Floats  # (n, d)
    bias: Floats | None  # (n,)
    graph: Index | None = None  # None: every search is a whole pass
    breadth: int = 0  # vectors asked of the graph at least
    covered: int = 0  # rows that the graph was made from
    # a graph has as many places for searches as cores, and refuses more at a time
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(
        cls,
        vectors: Floats,
        bias: Floats | None,
        queries: Floats,
        *,
        folder: Path | None = None,
        whole: int = WHOLE,
    ) -> Nearest:
        """Open the graph of some vectors in a folder, or build it and leave it there.

        It is left out where a whole pass is quick enough, and where it finds less than `ENOUGH`
        of the true best however many vectors it is asked for. Its files are named after the content
        of the vectors, so that they are never another's; one that cannot be read is built anew.
        Building takes about a minute for 200,000 x 256 numbers.

        Args:
            vectors: (n, d).
            bias: (n,), if any.
            queries: (m, d) of the kind that will be asked, to measure with.
            folder: where to keep the graph; nowhere if None.
            whole: numbers up to which there is no graph.
        """
        if vectors.size <= whole:
            return cls(vectors, bias)
        file = None if folder is None else folder / f"nearest-{_checksum(vectors, bias)}.usearch"
        found = None if file is None else _opened(file, len(vectors))
        if found is not None:
            graph, breadth = found
        else:
            graph = _empty(vectors.shape[1] + (bias is not None))
            _add(graph, vectors, bias, start=0)
            breadth = _breadth(cls(vectors, bias, graph, 0, len(vectors)), queries)
            if file is not None:
                _save(graph if breadth else None, breadth, file)
        return cls(vectors, bias, graph if breadth else None, breadth, len(vectors))

    def best(self, query: Floats, n: int, allowed: Bools | None = None) -> Ints:
        """Rows among which the n largest `vectors @ query + bias` are, but for what a graph misses.

        They may be more than n, in no order. With `allowed` (n_rows,) only such rows are given, and
        a whole pass makes up for what the graph does not find.
        """
        if self.graph is not None:
            found = self._found(query, n)
            if allowed is None:
                return found
            found = found[allowed[found]]
            if len(found) >= n:
                return found
        return self._whole(query, n, allowed)

    def _found(self, query: Floats, n: int) -> Ints:
        assert self.graph is not None
        asked = query if self.bias is None else np.append(query, np.float32(1))
        count = min(max(n, self.breadth), len(self.graph))
        with self.lock:
            keys = self.graph.search(asked, count, threads=1).keys
        late = np.arange(self.covered, len(self.vectors))
        if len(late) > n:
            late = late[np.argpartition(-self.at(query, late), n)[:n]]
        return np.concatenate([keys.astype(np.int64), late])

    def _whole(self, query: Floats, n: int, allowed: Bools | None) -> Ints:
        values = self.all(query)
        count = len(values)
        if allowed is not None:
            values[~allowed] = -np.inf
            count = int(np.count_nonzero(allowed))
        if min(n, count) < 1:
            return np.empty(0, np.int64)
        rows: Ints = best(values[None], min(n, count))[0][0]
        return rows

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
        if self.graph is None or len(vectors) - self.covered <= LATE:
            return Nearest(vectors, bias, self.graph, self.breadth, self.covered, self.lock)
        with self.lock:
            graph = self.graph.copy()
        _add(graph, vectors, bias, start=self.covered)
        return Nearest(vectors, bias, graph, self.breadth, len(vectors))


def _breadth(nearest: Nearest, queries: Floats) -> int:
    """How many vectors a graph must be asked for to find enough; 0 where it never does."""
    true = [best(nearest.all(query)[None], TOP)[0][0] for query in queries]
    for breadth in BREADTHS:
        found = [
            np.isin(rows, nearest.best(q, breadth)) for q, rows in zip(queries, true, strict=True)
        ]
        if np.mean(found) >= ENOUGH:
            return breadth
    return 0


def _empty(dim: int) -> Index:
    return Index(
        ndim=dim,
        metric=MetricKind.IP,
        dtype=DTYPE,
        connectivity=CONNECTIVITY,
        expansion_add=CARE,
    )


def _add(graph: Index, vectors: Floats, bias: Floats | None, *, start: int) -> None:
    """Put rows from `start` on into a graph, but for rows of zeros: they are nobody's nearest."""
    values = vectors[start:]
    if bias is not None:
        values = np.column_stack([values, bias[start:]])
    kept = np.flatnonzero(values.any(axis=1))
    threads = 1 if len(kept) < MANY else 0  # all cores; the order of links is then left to chance
    graph.add(start + kept, np.ascontiguousarray(values[kept], np.float32), threads=threads)


def _opened(file: Path, n: int) -> tuple[Index | None, int] | None:
    """The graph in a file, which stays on disk, and its breadth; None where none was kept."""
    try:
        breadth = int(json.loads(file.with_suffix(".json").read_text("utf-8"))["breadth"])
        if breadth == 0:
            return None, 0
        graph = Index.restore(str(file), view=True)
    except (RuntimeError, ValueError, KeyError, TypeError, OSError):
        return None
    return (graph, breadth) if graph is not None and 0 < len(graph) <= n else None


def _save(graph: Index | None, breadth: int, file: Path) -> None:
    """Keep a graph, its breadth last; where that is impossible it is built at each start."""
    try:
        if graph is not None:
            _write(file, lambda aside: graph.save(str(aside)))
        text = json.dumps({"breadth": breadth})
        _write(file.with_suffix(".json"), lambda aside: aside.write_text(text, "utf-8"))
    except (OSError, RuntimeError):
        return


def _write(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file in one step."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".writing-") as folder:
        aside = Path(folder) / file.name
        write(aside)
        with aside.open("rb") as stream:
            os.fsync(stream.fileno())
        aside.replace(file)


def _checksum(vectors: Floats, bias: Floats | None) -> str:
    """A name for the content of some vectors and for how a graph is made of them."""
    hasher = hashlib.sha256(f"{vectors.shape} {DTYPE} {CONNECTIVITY} {CARE} {ENOUGH}".encode())
    for array in (vectors, bias):
        hasher.update(b"none" if array is None else np.ascontiguousarray(array).data)
    return hasher.hexdigest()[:16]

"""LanceStore: vectors in a folder or bucket of Lance files, for lakes and clusters."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

from prismrec.errors import BadData
from prismrec.packages import require
from prismrec.store.blobs import check_of, from_bytes, to_bytes
from prismrec.types import Floats

__all__ = ["LanceStore"]

FORMAT = 1  # of the table; a newer one is refused
MARK = b"prismrec.format"
CHUNK = 500  # keys in one query
TIDY = 64  # batches written by one store before small files are joined
MANY = 20_000  # vectors from which an index pays
KEPT = timedelta(hours=1)  # how long a reader may go on with what it began to read
TRIES = 12  # of a change that another process got ahead of

Result = TypeVar("Result")


class LanceStore(MutableMapping[str, Floats]):
    """Vectors of any length in one Lance table; a row that a disk has spoilt counts as absent.

    A batch is appended as one version of the table, which is there as a whole or not at all, so a
    kill at any moment costs what was not yet appended. Appends never wait: of two rows with one
    key the later one counts, and `compact` drops the earlier. Small files are joined now and then
    while writing. Credentials of buckets come from the environment, as for every tool of AWS.

    Raises:
        BadData: where the table cannot be opened, was written by a newer version, or turns out to
            be damaged later on.
        MissingPackage: where lancedb is not installed.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.place = os.fspath(place)
        self._lock, self._batches, self._clock = Lock(), 0, 0
        lancedb, arrow = require("lancedb", "scale"), require("pyarrow", "scale")
        self._index = require("lancedb.index", "scale").BTree()
        columns = [("key", arrow.string()), ("written", arrow.int64())]
        columns += [("dim", arrow.int32()), ("crc", arrow.int64())]
        columns += [("vector", arrow.large_binary())]
        schema = arrow.schema(columns, metadata={MARK: str(FORMAT).encode()})
        self._arrow = arrow
        self._table: Any = None
        with self._told("opened"):
            # An interval of zero shows what other processes wrote a moment ago.
            base = lancedb.connect(self.place, read_consistency_interval=timedelta(0))
            make = partial(base.create_table, "vectors", schema=schema, exist_ok=True)
            self._table = _retried(make)
            found = int((self._table.schema.metadata or {}).get(MARK, 0))
        if found > FORMAT:
            raise BadData(f"{self.place} was written by a newer prismrec; update it")
        if not found or set(self._table.schema.names) != set(schema.names):
            raise BadData(f"{self.place} is no store of vectors; name another place")

    @contextmanager
    def _told(self, done: str) -> Iterator[Any]:
        """The table; what goes wrong is told in one line."""
        if self._table is None and done != "opened":
            raise ValueError(f"{self.place} is closed")
        try:
            yield self._table
        except (OSError, RuntimeError, ValueError) as error:
            text = " ".join(str(error).split())[:160]
            remedy = "delete it and encode again, or restore it"
            if done == "opened":
                remedy = "see whether the place and its credentials are right"
            raise BadData(f"{self.place} cannot be {done} ({text}); {remedy}") from error

    def close(self) -> None:
        """Release the table; the store cannot be used afterwards."""
        self._table = None

    def get_many(self, keys: Iterable[str]) -> dict[str, Floats]:
        """The vectors of those keys that there are."""
        found: dict[str, Floats] = {}
        for chunk in _chunks(keys):
            rows = self._rows(["key", "written", "crc", "vector"], _among(chunk))
            columns = [rows[name].to_pylist() for name in ("key", "crc", "vector")]
            found |= {
                key: from_bytes(blob)
                for key, crc, blob in zip(*columns, strict=True)
                if crc == check_of(blob)
            }
        return found

    def put_many(self, vectors: Mapping[str, Floats]) -> None:
        """Keep vectors in one version of the table: after a kill all of them are there or none."""
        blobs = [to_bytes(vector) for vector in vectors.values()]
        if not blobs:
            return
        with self._lock:  # times of one store must differ
            self._clock = max(time.time_ns(), self._clock + 1)
            written, self._batches = self._clock, self._batches + 1
        dims, checks = [len(blob) // 4 for blob in blobs], [check_of(blob) for blob in blobs]
        columns = [[*vectors], [written] * len(blobs), dims, checks, blobs]
        with self._told("written") as table:
            rows = self._arrow.table(columns, schema=table.schema)
            _retried(partial(table.add, rows))
            if self._batches % TIDY == 0:
                self._tidy(table)

    def drop_many(self, keys: Iterable[str]) -> None:
        """Forget vectors, so many at a time."""
        with self._told("written") as table:
            for chunk in _chunks(keys):
                _retried(partial(table.delete, _among(chunk)))

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Key and length of every vector, in order of keys."""
        rows = self._rows(["key", "written", "dim"])
        dims = dict(zip(rows["key"].to_pylist(), rows["dim"].to_pylist(), strict=True))
        return iter(sorted(dims.items()))

    def compact(self) -> None:
        """Drop what was written again since, and join small files."""
        rows = self._rows(["key", "written"])
        newest = dict(zip(rows["key"].to_pylist(), rows["written"].to_pylist(), strict=True))
        old = rows.num_rows - len(newest)
        with self._told("written") as table:
            if old:
                counted = rows.group_by("key").aggregate([("written", "count")])
                twice = counted.filter(self._arrow.compute.greater(counted["written_count"], 1))
                for chunk in _chunks(twice["key"].to_pylist()):
                    earlier = (f"(key = {_text(k)} AND written < {newest[k]})" for k in chunk)
                    _retried(partial(table.delete, " OR ".join(earlier)))
            self._tidy(table)

    def _tidy(self, table: Any) -> None:
        """Join small files, make or renew the index; another process may be at it already."""
        try:
            if table.count_rows() >= MANY and not table.list_indices():
                table.create_index("key", config=self._index)
            table.optimize(cleanup_older_than=KEPT)
        except (OSError, RuntimeError, ValueError) as error:
            if not _is_conflict(error):
                raise

    def _rows(self, columns: list[str], where: str | None = None) -> Any:
        """Rows from the earliest written to the latest, so that in a dict the latest counts."""
        with self._told("read") as table:
            query = table.search().select(columns).limit(None)
            found = (query if where is None else query.where(where)).to_arrow()
            return found.sort_by("written")

    def __getitem__(self, key: str) -> Floats:
        return self.get_many([key])[key]

    def __setitem__(self, key: str, vector: Floats) -> None:
        self.put_many({key: vector})

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self.drop_many([key])

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.sizes())

    def __len__(self) -> int:
        return len(self._rows(["key", "written"])["key"].unique())


def _retried(change: Callable[[], Result]) -> Result:
    """Make a change to the table again where another process got ahead."""
    for attempt in range(TRIES):
        try:
            return change()
        except (OSError, RuntimeError, ValueError) as error:
            if attempt == TRIES - 1 or not _is_conflict(error):
                raise
        time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt, 7)))
    raise AssertionError("unreachable")


def _is_conflict(error: Exception) -> bool:
    text = str(error).lower()
    return "conflict" in text or "already exists" in text or "concurrent" in text


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _among(keys: list[str]) -> str:
    return f"key IN ({', '.join(map(_text, keys))})"


def _text(key: str) -> str:
    return "'" + key.replace("'", "''") + "'"

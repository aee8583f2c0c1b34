"""SqliteStore: vectors in one file that survives a kill and serves several processes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path

import numpy as np

from prismrec.cache import folder_of
from prismrec.errors import BadData
from prismrec.types import Floats

__all__ = ["SqliteStore", "default_path"]

FORMAT = 1  # of the table; a newer one is refused
PATIENCE = 60.0  # seconds that a writer waits for another one
CHUNK = 500  # keys in one query; SQLite's older builds allow 999


class SqliteStore(MutableMapping[str, Floats]):
    """Vectors of any length in an SQLite file; a row of the wrong size counts as absent.

    Several threads and processes may use one file: readers never wait, writers wait for each
    other. The journal is a write-ahead log that is synchronised at checkpoints only: what was
    committed survives the death of the process, since the system already holds it; a power cut
    may cost the last few commits but never damages the file.

    Raises:
        BadData: where the file cannot be opened, is no store or was written by a newer version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=PATIENCE, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise BadData(
                f"{self.path} cannot be written ({error}); set PRISMREC_CACHE to a folder that can"
            ) from error
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise BadData(f"{self.path} is no store of vectors ({error}); delete it") from error

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        if found > FORMAT:
            self._connection.close()
            raise BadData(f"{self.path} was written by a newer prismrec; update it")
        with self._connection as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors "
                "(key TEXT PRIMARY KEY, dim INTEGER NOT NULL, vector BLOB NOT NULL)"
            )
            connection.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        """Release the file; the store cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def get_many(self, keys: Iterable[str]) -> dict[str, Floats]:
        """The vectors of those keys that there are."""
        wanted = list(keys)
        found: dict[str, Floats] = {}
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            query = f"SELECT key, dim, vector FROM vectors WHERE key IN ({marks})"
            with self._lock:
                rows = self._connection.execute(query, chunk).fetchall()
            found |= {key: np.frombuffer(b, "<f4") for key, dim, b in rows if len(b) == 4 * dim}
        return found

    def put_many(self, vectors: Mapping[str, Floats]) -> None:
        """Keep vectors in one transaction: after a kill all of them are there or none."""
        rows = [(key, len(vector), _blob(vector)) for key, vector in vectors.items()]
        with self._lock, self._connection as connection:
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def __getitem__(self, key: str) -> Floats:
        return self.get_many([key])[key]

    def __setitem__(self, key: str, vector: Floats) -> None:
        self.put_many({key: vector})

    def __delitem__(self, key: str) -> None:
        with self._lock, self._connection as connection:
            if not connection.execute("DELETE FROM vectors WHERE key = ?", [key]).rowcount:
                raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            rows = self._connection.execute("SELECT key FROM vectors ORDER BY key").fetchall()
        return (key for (key,) in rows)

    def __len__(self) -> int:
        with self._lock:
            (n,) = self._connection.execute("SELECT count(*) FROM vectors").fetchone()
        return int(n)


def _blob(vector: Floats) -> bytes:
    if vector.ndim != 1:
        raise ValueError(f"a vector has one axis, not {vector.ndim}")
    return vector.astype("<f4").tobytes()


def default_path(folder: Path) -> Path:
    """Where the vectors of a shop are kept unless another place is named."""
    return folder_of(folder) / "vectors.sqlite"

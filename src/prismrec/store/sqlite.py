"""SqliteStore: vectors in one file that survives a kill and serves several processes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from prismrec.cache import folder_of
from prismrec.errors import BadData
from prismrec.store.blobs import check_of, from_bytes, to_bytes
from prismrec.types import Floats

__all__ = ["SqliteStore", "default_path"]

FORMAT = 2  # of the table; a newer one is refused
PATIENCE = 60.0  # seconds that a writer waits for another one
CHUNK = 500  # keys in one query; SQLite's older builds allow 999


class SqliteStore(MutableMapping[str, Floats]):
    """Vectors of any length in an SQLite file; a row that a disk has spoilt counts as absent.

    Several threads and processes may use one file: readers never wait, writers wait for each
    other. The journal is a write-ahead log that is synchronised at checkpoints only: what was
    committed survives the death of the process, since the system already holds it; a power cut
    may cost the last few commits but never damages the file.

    Raises:
        BadData: where the file cannot be opened, is no store, was written by a newer version, or
            turns out to be damaged later on.
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
        self._open = True
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
        if found == FORMAT:
            return
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")  # another process may be at it, or done
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors "
                "(key TEXT PRIMARY KEY, dim INTEGER NOT NULL, vector BLOB NOT NULL, crc INTEGER)"
            )
            columns = [row[1] for row in connection.execute("PRAGMA table_info(vectors)")]
            if "crc" not in columns:  # the first format had none
                connection.execute("ALTER TABLE vectors ADD COLUMN crc INTEGER")
            connection.execute(f"PRAGMA user_version = {FORMAT}")

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; what goes wrong is told in one line."""
        with self._lock:
            if not self._open:
                raise ValueError(f"{self.path} is closed")
            try:
                yield self._connection
            except (sqlite3.ProgrammingError, sqlite3.InterfaceError):  # a mistake of the caller
                raise
            except sqlite3.OperationalError as error:
                raise BadData(f"{self.path} cannot be used now ({error}); try again") from error
            except sqlite3.DatabaseError as error:
                remedy = "delete it and encode again"
                raise BadData(f"{self.path} is damaged ({error}); {remedy}") from error

    def close(self) -> None:
        """Release the file; the store cannot be used afterwards."""
        with self._lock:
            self._open = False
            self._connection.close()

    def get_many(self, keys: Iterable[str]) -> dict[str, Floats]:
        """The vectors of those keys that there are."""
        found: dict[str, Floats] = {}
        for chunk in _chunks(keys):
            query = f"SELECT key, vector, crc, dim FROM vectors WHERE key IN ({_marks(chunk)})"
            with self._asked() as connection:
                rows = connection.execute(query, chunk).fetchall()
            found |= {
                key: from_bytes(blob)
                for key, blob, crc, dim in rows
                if len(blob) == 4 * dim and crc in (None, check_of(blob))
            }
        return found

    def put_many(self, vectors: Mapping[str, Floats]) -> None:
        """Keep vectors in one transaction: after a kill all of them are there or none."""
        blobs = ((key, to_bytes(vector)) for key, vector in vectors.items())
        rows = [(key, len(blob) // 4, blob, check_of(blob)) for key, blob in blobs]
        with self._asked() as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def drop_many(self, keys: Iterable[str]) -> None:
        """Forget vectors in one transaction."""
        chunks = [*_chunks(keys)]
        with self._asked() as connection, connection:
            for chunk in chunks:
                connection.execute(f"DELETE FROM vectors WHERE key IN ({_marks(chunk)})", chunk)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Key and length of every vector, in order of keys."""
        with self._asked() as connection:
            rows = connection.execute("SELECT key, dim FROM vectors ORDER BY key").fetchall()
        return iter(rows)

    def compact(self) -> None:
        """Write the file anew without the room of what was dropped."""
        with self._asked() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def __getitem__(self, key: str) -> Floats:
        return self.get_many([key])[key]

    def __setitem__(self, key: str, vector: Floats) -> None:
        self.put_many({key: vector})

    def __delitem__(self, key: str) -> None:
        with self._asked() as connection, connection:
            if not connection.execute("DELETE FROM vectors WHERE key = ?", [key]).rowcount:
                raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.sizes())

    def __len__(self) -> int:
        with self._asked() as connection:
            (n,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
        return int(n)


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _marks(chunk: list[str]) -> str:
    return ",".join("?" * len(chunk))


def default_path(folder: Path) -> Path:
    """Where the vectors of a shop are kept unless another place is named."""
    return folder_of(folder) / "vectors.sqlite"

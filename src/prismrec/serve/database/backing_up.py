"""A copy of a database while its server runs."""

from __future__ import annotations

import os
import shlex
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from prismrec.errors import BadData
from prismrec.serve.database.opening import reason

__all__ = ["back_up", "dump_command"]


def back_up(url: URL, out: Path) -> int:
    """Copy an SQLite database, as it is at one moment, into one new file; returns its bytes.

    The server goes on reading and writing meanwhile. The copy has its name once it is whole.

    Raises:
        BadData: where there is no database, or the file is there already.
        Unavailable, Full: where it cannot be read, or the copy has no room.
    """
    source = Path(url.database or "")
    if not source.is_file():
        raise BadData(f"there is no database at {source}; nothing was copied")
    if out.exists():
        raise BadData(f"{out} is there already; name a new file")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            found = new.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise BadData(f"{source} is damaged ({found}); use an older copy")
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.rename(out)
    except (sqlite3.Error, OSError) as error:
        raise reason(error) from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return out.stat().st_size


def dump_command(url: URL, out: Path) -> str:
    """What copies a PostgreSQL database to a file; it takes the password from PGPASSWORD."""
    given: dict[str, Any] = {
        "--host": url.host,
        "--port": url.port,
        "--username": url.username,
        "--file": out,
    }
    words = [f"{name}={value}" for name, value in given.items() if value is not None]
    return shlex.join(["pg_dump", "--format=custom", *words, url.database or ""])

"""Upkeep: copies of a database, and the room that deleted rows leave."""

from __future__ import annotations

import os
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from prismrec.errors import BadData
from prismrec.serve.database.database import Database
from prismrec.serve.database.errors import Full, Unavailable
from prismrec.serve.database.opening import reason

__all__ = ["backup", "compact", "dump_command"]


def backup(url: URL, out: Path) -> int:
    """Copy an SQLite database as it is at one moment; its server goes on. Returns the bytes.

    It is only read: one of an older version stays so, and its copy too.

    Raises:
        BadData: where `out` is there already or cannot be written, or the database is damaged.
        Full, Unavailable: where there is no room, or the database cannot be read.
    """
    if out.exists():
        raise BadData(f"{out} is there already; name a file that is not")
    part = out.with_name(f".{out.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        origin = f"{Path(url.database or '').resolve().as_uri()}?mode=ro"
        source, copy = sqlite3.connect(origin, uri=True), sqlite3.connect(part)
        with closing(source), closing(copy):
            source.backup(copy)  # in one step: in WAL nobody waits for it
            copy.execute("PRAGMA journal_mode = DELETE")  # so that one file is all of it
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise BadData(f"{url.database} is damaged; put an older copy in its place")
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.rename(out)
    except OSError as error:
        raise BadData(f"{out} cannot be written ({error.strerror}); name another file") from error
    except sqlite3.Error as error:
        if "malformed" in str(error) or "not a database" in str(error):
            raise BadData(f"{url.database} is damaged; put an older copy in its place") from error
        kind = Full if "full" in str(error) else Unavailable
        raise kind(f"the database could not be copied ({error}); try again") from error
    finally:
        part.unlink(missing_ok=True)
    return out.stat().st_size


def dump_command(url: URL, out: Path) -> str:
    """The command that copies a PostgreSQL database; it asks for the password."""
    words = ["pg_dump", "--format=custom", f"--file={out}"]
    for option, value in (("host", url.host), ("port", url.port), ("username", url.username)):
        if value:
            words.append(f"--{option}={value}")
    return shlex.join([*words, url.database or ""])


def compact(database: Database) -> None:
    """Give the room of deleted rows back to the disk; writers wait meanwhile.

    Raises:
        Full, Unavailable: where there is no room for it, or somebody else is writing.
    """
    try:
        with database.reader.connect() as connection:
            if database.shared:
                connection.execute(text("SET statement_timeout = 0"))  # it may take minutes
            connection.execute(text("VACUUM"))
            if not database.shared:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    except SQLAlchemyError as error:
        raise reason(error) from error

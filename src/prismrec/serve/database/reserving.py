"""Reserving: a file of SQLite is for one server, and a second one is told so."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.engine import URL

from prismrec.errors import BadData
from prismrec.serve.database.opening import reason

__all__ = ["reserved"]

BUSY = (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK)


def reserved(url: URL) -> BinaryIO:
    """Reserve a database until what is returned is closed, or the process ends in any way.

    The lock is on a file beside the database, so that nobody who only reads or writes it waits.

    Raises:
        BadData: where another server has it.
        Unavailable, Full: where there can be no such file.
    """
    path = Path(f"{url.database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb+")
    except OSError as error:
        raise reason(error) from error
    try:
        _lock(file)
    except OSError as error:
        file.close()
        if error.errno not in BUSY:
            raise reason(error) from error
        raise BadData(
            f"another server uses {url.database}; stop it, or give both a PostgreSQL to share"
        ) from None
    return file


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

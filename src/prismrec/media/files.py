"""Media files of a shop: read whole, and never from outside the shop's folder."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from prismrec.data.limits import Limits
from prismrec.errors import BadMedia

__all__ = ["read_inside"]

# A pipe must not be waited for, a link not be followed; neither flag exists on Windows.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
BINARY = getattr(os, "O_BINARY", 0)


def read_inside(folder: Path, value: str, *, most: int = Limits.bytes) -> bytes:
    """The bytes of the file that lies at `value` below `folder`.

    Raises:
        BadMedia: where the path leads out of the folder (also through a link), where there is no
            plain file or it cannot be read, where it has more than `most` bytes, or changes
            while it is read.
    """
    try:
        root = folder.resolve()
        path = (root / value).resolve()
        if not path.is_relative_to(root):
            raise BadMedia(0, "lies outside the shop's folder and is not read")
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadMedia(0, "is not a plain file")
        return _whole(path, most)
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: \0; RuntimeError: link loop
        raise BadMedia(0, _reason(error)) from error


def _whole(path: Path, most: int) -> bytes:
    # The path was resolved, so that a link here was put in place since.
    with os.fdopen(os.open(path, FLAGS | BINARY), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise BadMedia(0, "is not a plain file")
        if before.st_size <= most:
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
            if len(data) != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
                raise BadMedia(0, "changed while it was read; encode again")
            return data
    raise BadMedia(
        0,
        f"has {before.st_size / 1024**2:,.1f} MiB, over {most / 1024**2:,.1f}; "
        "raise bytes under [limits] in shop.toml if it is meant",
        "file.too-large",
    )


def _reason(error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in (errno.ENOENT, errno.ENOTDIR):
        return "there is no such file"
    if code in (errno.EACCES, errno.EPERM):
        return "may not be read; change its permissions"
    text = getattr(error, "strerror", None) or str(error)
    return f"cannot be read ({text.splitlines()[0][:80]})"

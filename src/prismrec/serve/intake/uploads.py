"""Uploads: what was posted, as files beside the shop; a cache of what the database holds."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from prismrec.data.shop import Shop
from prismrec.errors import BadMedia
from prismrec.media.files import read_inside
from prismrec.media.load import UPLOAD, sha256_of, uploads_of

__all__ = ["Uploads", "bare", "durably"]

RECENT = 3600.0  # seconds
MOST = 2 * 1024**3  # bytes of a file; what may be posted is far less and decided on arrival


def bare(shop: Shop) -> Shop:
    """A shop's place and limits, for media whose values come from elsewhere."""
    return replace(shop, item_media={}, user_media={}, item_features={}, user_features={})


def durably(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file whole or not at all; with `sync` that holds for a power cut too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if not sync:
        return
    with suppress(OSError):  # not every system opens folders
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Uploads:
    """Contents by their SHA-256; a file that lacks or is damaged is made again when asked for.

    Names are made here, of contents; nothing that a client sends becomes part of a path.
    """

    def __init__(self, shop: Path, again: Callable[[str], bytes | None] | None = None) -> None:
        """`again` gives the content of a SHA-256 from where it is kept for good."""
        self.folder = uploads_of(shop)
        self._again = again

    @staticmethod
    def value_of(data: bytes) -> str:
        """The value that stands for a content in an item, whether it is kept here or not."""
        return UPLOAD + hashlib.sha256(data).hexdigest()

    def put(self, data: bytes) -> str:
        """Keep a content; returns its value.

        Where there is no room it is not kept: it is read from the database when it is needed.
        """
        value = self.value_of(data)
        sha256 = sha256_of(value)
        if self._read(sha256) is None:
            with suppress(OSError):
                durably(self.folder / sha256, data)
        return value

    def read(self, value: str) -> bytes:
        """The content that a value stands for.

        Raises:
            BadMedia: where the value is none of ours, or nothing is kept under it.
        """
        sha256 = sha256_of(value)
        data = self._read(sha256)
        if data is None:
            data = self._again(sha256) if self._again else None
            if data is None or hashlib.sha256(data).hexdigest() != sha256:
                raise BadMedia(0, "was posted once and is no longer kept; post it again")
            with suppress(OSError):  # a full disk is no reason not to answer
                durably(self.folder / sha256, data)
        return data

    def restore(self, values: Iterable[str]) -> list[str]:
        """Make the files of values that lack one; returns the values that nothing is known of.

        Values of other kinds are passed over, and files that are there are not read.
        """
        lost = []
        for value in values:
            if not value.startswith(UPLOAD):
                continue
            try:
                if not (self.folder / sha256_of(value)).is_file():
                    self.read(value)
            except BadMedia:
                lost.append(value)
        return lost

    def prune(self, values: Iterable[str]) -> int:
        """Delete the files of contents that no value names any more; returns how many.

        What was written within the last hour stays: its item may be about to be stored.
        """
        wanted = {value.removeprefix(UPLOAD) for value in values}
        latest, n = time.time() - RECENT, 0
        with suppress(OSError):
            for entry in os.scandir(self.folder):
                if entry.name not in wanted and entry.stat().st_mtime < latest:
                    Path(entry.path).unlink(missing_ok=True)
                    n += 1
        return n

    def _read(self, sha256: str) -> bytes | None:
        try:
            data = read_inside(self.folder, sha256, most=MOST)
        except BadMedia:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

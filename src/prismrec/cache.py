"""Where prismrec keeps what it can make again: weights it converted, vectors, fetched files."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from platformdirs import user_cache_dir

__all__ = ["cache_folder", "folder_of"]


def cache_folder() -> Path:
    """The folder named by PRISMREC_CACHE, else the user's cache folder; it may not exist yet."""
    return Path(os.environ.get("PRISMREC_CACHE") or user_cache_dir("prismrec", appauthor=False))


def folder_of(shop: Path) -> Path:
    """Where things made of a shop are kept: in the shop, which then travels with them.

    Those of a folder that is not to be written to are kept in the cache folder, under the folder's
    full path. Its permission bits decide, because the superuser may write anywhere.
    """
    shop = shop.resolve()
    writable = shop.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    if writable and os.access(shop, os.W_OK):
        return shop / ".prismrec"
    digest = hashlib.sha256(os.fsencode(shop)).hexdigest()[:16]
    return cache_folder() / "shops" / f"{shop.name}-{digest}"

"""Where prismrec keeps what it can make again: converted weights and vectors of read-only shops."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_dir

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """The folder named by PRISMREC_CACHE, else the user's cache folder; it may not exist yet."""
    return Path(os.environ.get("PRISMREC_CACHE") or user_cache_dir("prismrec", appauthor=False))

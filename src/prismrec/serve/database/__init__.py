"""Where a server keeps what it was told: SQLite beside the shop, or PostgreSQL."""

from __future__ import annotations

from prismrec.serve.database.database import Database, Once, Taken
from prismrec.serve.database.errors import Conflict, Full, Unavailable
from prismrec.serve.database.keys import SCOPES, Key, matches, parts_of

__all__ = [
    "SCOPES",
    "Conflict",
    "Database",
    "Full",
    "Key",
    "Once",
    "Taken",
    "Unavailable",
    "matches",
    "parts_of",
]

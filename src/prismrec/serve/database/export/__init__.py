"""A shop folder of everything that a server knows: what it began with, and what it was told."""

from __future__ import annotations

from prismrec.serve.database.export.folder import export

__all__ = ["export"]

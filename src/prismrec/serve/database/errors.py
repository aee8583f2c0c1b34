"""What a database refuses, or cannot do now."""

from __future__ import annotations

from prismrec.errors import PrismrecError

__all__ = ["Conflict", "Full", "Unavailable"]


class Unavailable(PrismrecError):
    """The database is away, or busy for too long; nothing was written."""


class Full(PrismrecError):
    """There is no room on the disk; nothing was written."""


class Conflict(PrismrecError):
    """An idempotency key was used before, for another request."""

"""What intake refuses for now."""

from __future__ import annotations

from prismrec.errors import PrismrecError

__all__ = ["NotReady"]


class NotReady(PrismrecError):
    """What was asked for is still being prepared; the same question succeeds a little later."""

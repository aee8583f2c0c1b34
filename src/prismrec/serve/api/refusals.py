"""Refusals: which status tells of which error."""

from __future__ import annotations

from prismrec.errors import (
    BadData,
    BadMedia,
    BadModel,
    MissingPackage,
    PrismrecError,
    TooLarge,
    UnknownName,
)
from prismrec.serve.api.problems import Problem
from prismrec.serve.database import Conflict, Full, Unavailable
from prismrec.serve.intake.errors import NotReady

__all__ = ["refusal"]

STATUS: dict[type[PrismrecError], int] = {
    UnknownName: 404,
    Conflict: 409,
    BadModel: 409,
    TooLarge: 413,
    BadMedia: 422,
    BadData: 422,
    NotReady: 503,
    MissingPackage: 503,
    Unavailable: 503,
    Full: 507,
}
LATER = {NotReady: 2, Unavailable: 5}  # seconds
# Messages that tell of the machine are for its operator.
INSIDE = {
    Unavailable: "The database is away; nothing was stored. Try again in a moment.",
    Full: "There is no room left to store this; nothing was stored.",
    MissingPackage: "This server was installed without what this needs.",
    BadModel: "That version of the model is damaged; the one before goes on.",
}


def refusal(error: PrismrecError) -> Problem:
    """The problem that a client is told of."""
    kind = next((kind for kind in STATUS if isinstance(error, kind)), BadData)
    later = LATER.get(kind)
    headers = {"Retry-After": str(later)} if later else None
    reason = error.reason if isinstance(error, BadMedia) else str(error)
    return Problem(STATUS[kind], INSIDE.get(kind, reason), headers=headers)

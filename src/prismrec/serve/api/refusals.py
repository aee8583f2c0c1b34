"""Refusals: which status tells of which error."""

from __future__ import annotations

from prismrec.errors import PrismrecError
from prismrec.serve.api.problems import Problem

__all__ = ["refusal"]

# By the name of the class, the nearest first: the API imports neither database nor encoders.
STATUS = {
    "UnknownName": 404,
    "Conflict": 409,
    "BadModel": 409,
    "TooLarge": 413,
    "BadMedia": 422,
    "BadData": 422,
    "NotReady": 503,
    "MissingPackage": 503,
    "Unavailable": 503,
    "Full": 507,
}
LATER = {"NotReady": 2, "Unavailable": 5}  # seconds
INSIDE = {  # messages that may tell of the machine are replaced
    "Unavailable": "The database is away; nothing was stored. Try again in a moment.",
    "Full": "There is no room left to store this; nothing was stored.",
    "MissingPackage": "This server was installed without what this needs.",
}


def refusal(error: PrismrecError) -> Problem:
    """The problem that a client is told of."""
    for kind in type(error).__mro__:
        status = STATUS.get(kind.__name__)
        if status is not None:
            later = LATER.get(kind.__name__)
            headers = {"Retry-After": str(later)} if later else None
            reason = getattr(error, "reason", "") or str(error)
            return Problem(status, INSIDE.get(kind.__name__, reason), headers=headers)
    return Problem(422, str(error))

"""What the fields of a step may hold, said in the words that a user typed."""

from __future__ import annotations

from prismrec.errors import BadData

__all__ = ["check_range"]


def check_range(step: object, low: float, high: float, *fields: str) -> None:
    """Refuse fields of a step outside low to high.

    Raises:
        BadData: naming the step, the field and what it may hold.
    """
    for field in fields:
        value = getattr(step, field)
        if not low <= value <= high:
            raise BadData(f"{type(step).__name__}: {field} is {value}; choose {low:g} to {high:g}")

"""Now: what one answer is made of, taken once so that it is of one piece."""

from __future__ import annotations

from dataclasses import dataclass

from prismrec.serve.catalogue import Catalogue
from prismrec.serve.live import Live
from prismrec.serve.people import People

__all__ = ["Now"]


@dataclass(frozen=True, eq=False)
class Now:
    """A model, the items and the people; `Live` is replaced, the others change in place."""

    live: Live
    catalogue: Catalogue
    people: People

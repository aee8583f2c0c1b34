"""Context: what a request carries with it from the outer layers to its route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope

__all__ = ["Caller", "Context", "context_of"]

PLACE = "prismrec"  # in the scope of a request


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    name: str  # of the key
    scopes: frozenset[str]
    ambient: bool  # known by a cookie or by nothing: what a foreign page can make a browser send
    keyless: bool = False  # whether no key was asked for


@dataclass
class Context:
    """One request."""

    request_id: str
    address: str = "unknown"  # of the client; used for limits, never logged
    caller: Caller | None = None  # None: no key was shown
    route: str = ""  # template of the path, "" where none matches
    notes: dict[str, Any] = field(default_factory=dict)  # more that the log line is to say


def context_of(scope: Scope) -> Context:
    """The context of a request; an empty one where no layer made it."""
    found = scope.get(PLACE)
    if not isinstance(found, Context):
        found = scope[PLACE] = Context("none")
    return found

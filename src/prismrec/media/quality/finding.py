"""What the check can find: kinds with stable codes, and findings, which are cases of one kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["KINDS", "SEVERITIES", "Case", "Finding", "Kind", "finding", "kind"]

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")  # worst first


@dataclass(frozen=True)
class Kind:
    """One thing that can be wrong or worth knowing."""

    code: str  # stable, such as "image.blank"
    severity: Severity  # error: not used; warning: used, but likely worse; info: good to know
    title: str  # a phrase that fits a heading
    will: str  # what prismrec does about it
    can: str  # what the owner of the shop can do


@dataclass(frozen=True)
class Case:
    """One place where something was found."""

    ids: tuple[str, ...] = ()  # items or users that it concerns
    files: tuple[str, ...] = ()  # paths below the shop's folder
    detail: str = ""  # what was measured or said there


@dataclass(frozen=True)
class Finding:
    """All cases of one kind, on one side of the shop."""

    code: str
    severity: Severity
    title: str
    will: str
    can: str
    side: str = ""  # "item" or "user"; empty for the log and for the shop as a whole
    modality: str = ""  # "image", "text" or "audio"; empty likewise
    count: int = 1  # items, users or rows of the log that are concerned
    cases: tuple[Case, ...] = field(default=(), repr=False)


KINDS: dict[str, Kind] = {}  # by code; filled where the detectors are written


def kind(code: str, severity: Severity, title: str, *, will: str, can: str) -> Kind:
    """Make a kind known.

    Raises:
        ValueError: where the code is taken.
    """
    if code in KINDS:
        raise ValueError(f"the code {code!r} is taken")
    KINDS[code] = Kind(code, severity, title, will, can)
    return KINDS[code]


def finding(
    known: Kind, cases: Iterable[Case], *, side: str = "", modality: str = "", count: int = 0
) -> Finding:
    """Cases of one kind; `count` is by default how many items or users they name."""
    cases = tuple(cases)
    return Finding(
        known.code,
        known.severity,
        known.title,
        known.will,
        known.can,
        side,
        modality,
        count or sum(len(case.ids) for case in cases) or len(cases),
        cases,
    )

"""The report of a check: numbers of a shop, and what was found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.media.quality.coverage import Coverage
from prismrec.media.quality.finding import SEVERITIES, Finding

__all__ = ["CheckReport", "Spread", "spread_of"]

BINS = 24


@dataclass(frozen=True)
class Spread:
    """How the sizes of some things lie, in equal steps of their logarithm."""

    name: str  # what and in which unit
    low: float  # smallest
    median: float
    high: float  # largest
    counts: tuple[int, ...]  # how many lie in each of 24 steps from low to high


@dataclass(frozen=True)
class CheckReport:
    """What `check` found."""

    shop: str  # name
    counts: Mapping[str, int | float]  # users, items, events, density, ...
    coverage: tuple[Coverage, ...] = ()
    spreads: tuple[Spread, ...] = ()
    events: Mapping[str, int] = field(default_factory=dict)  # rows of each kind of event
    period: tuple[str, str] | None = None  # first and last moment, ISO 8601 in UTC
    languages: Mapping[str, float] = field(default_factory=dict)  # share of item texts, sum 1
    findings: tuple[Finding, ...] = ()  # worst first

    def of(self, severity: str) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(each for each in self.findings if each.severity == severity)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`, with every case."""
        totals = {severity: len(self.of(severity)) for severity in SEVERITIES}
        return {**asdict(self), "severities": totals}


def spread_of(name: str, values: npt.NDArray[Any]) -> Spread | None:
    """The spread of the positive ones; None where there is none."""
    values = values[values > 0].astype(np.float64)
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    edges = np.geomspace(low, high, BINS + 1) if high > low else np.linspace(low, low + 1, BINS + 1)
    edges[0], edges[-1] = min(low, edges[0]), max(high, edges[-1])  # rounding moves them
    counts = np.histogram(values, edges)[0]
    return Spread(name, low, float(np.median(values)), high, tuple(counts.tolist()))

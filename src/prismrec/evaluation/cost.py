"""What a model costs: seconds and memory to fit, milliseconds to rank for one person."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prismrec.rankers import Query, Ranker, top_k

__all__ = ["Cost", "Meter", "metered", "milliseconds_per_user"]

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
FORGET_PEAK = "5"  # what resets VmHWM, see proc_pid_clear_refs(5)


@dataclass(frozen=True)
class Cost:
    """What one fit and one list took on the machine that ran it."""

    fit_seconds: float
    fit_bytes: int | None = None  # peak of resident memory above that before; None where unknown
    user_ms: float | None = None  # to rank all candidates for one person, in a batch

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return asdict(self)


class Meter:
    """Seconds and peak memory of what ran inside `metered`; readable once that has ended."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.peak_bytes: int | None = None


@contextmanager
def metered() -> Iterator[Meter]:
    """Measure a block of code.

    The peak is that of this process's resident memory above where it was at the start, as Linux
    counts it (VmHWM); elsewhere it is None. What was free is given back to the system first, as far
    as glibc can; the rest is used again without being counted, so that a fit of a few megabytes
    may read 0. Other processes and a GPU are not counted.
    """
    meter = Meter()
    gc.collect()
    before = _forget_peak()
    start = time.perf_counter()
    try:
        yield meter
    finally:
        meter.seconds = time.perf_counter() - start
        if before is not None and (peak := _kibibytes("VmHWM")) is not None:
            meter.peak_bytes = max(0, peak - before) * 1024


def milliseconds_per_user(ranker: Ranker, query: Query, k: int) -> float:
    """Time to rank the catalogue for a person of the query, the mean over all of them.

    They are asked for in one call, as evaluation does; a person alone takes longer.
    """
    start = time.perf_counter()
    top_k(ranker, query, k)
    return 1000 * (time.perf_counter() - start) / max(1, len(query))


def _forget_peak() -> int | None:
    """Let the peak start anew; resident KiB now, or None where the system cannot do so."""
    if not RESET.exists():
        return None
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    try:
        RESET.write_text(FORGET_PEAK, "ascii")
    except OSError:
        return None
    return _kibibytes("VmRSS")


def _kibibytes(field: str) -> int | None:
    try:
        lines = STATUS.read_text("ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{field}:")]
    return int(found[0]) if found else None

"""The most memory that this process has used."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["peak_mib"]

STATUS = Path("/proc/self/status")


def peak_mib() -> float:
    """In MiB. On Linux `ru_maxrss` begins with the peak of the process that started this one."""
    if STATUS.exists():
        lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return float(lines["VmHWM"].split()[0]) / 1024
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage / 1024 / (1024 if sys.platform == "darwin" else 1)

"""The check of a shop: what it has, what it lacks, what in it is broken, and what follows."""

from __future__ import annotations

from prismrec.media.quality.old_quality import CheckReport, check

__all__ = ["CheckReport", "check"]

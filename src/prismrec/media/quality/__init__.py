"""The check of a shop: what it has, what it lacks, what in it is broken, and what follows."""

from __future__ import annotations

from prismrec.media.quality.checking import check
from prismrec.media.quality.finding import KINDS, Case, Finding, Kind
from prismrec.media.quality.html import to_html
from prismrec.media.quality.report import CheckReport

__all__ = ["KINDS", "Case", "CheckReport", "Finding", "Kind", "check", "to_html"]

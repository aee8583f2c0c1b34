"""The report as one self-contained HTML page."""

from __future__ import annotations

from prismrec.data.shop import Shop
from prismrec.media.quality.report import CheckReport

__all__ = ["to_html"]


def to_html(report: CheckReport, shop: Shop, *, progress: object = None) -> str:
    """X."""
    return ""

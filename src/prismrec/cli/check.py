"""`prismrec check`: what a shop has, what it lacks and what in it is broken."""

from __future__ import annotations

from prismrec.cli.options import AsJson, ShopPath
from prismrec.cli.output import complain, emit, table

__all__ = ["check"]


def check(shop: ShopPath, as_json: AsJson = False) -> None:
    """Count a shop's parts, say how complete they are, and list what is broken."""
    from prismrec.data.read import read
    from prismrec.media.quality import check

    report = check(read(shop))
    if as_json:
        emit(report.to_json())
        return
    table("Counts", ("what", "number"), report.counts.items())
    table("Coverage", ("modality", "share of items"), report.coverage.items())
    for problem in report.problems:
        complain(str(problem))

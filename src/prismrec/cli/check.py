"""`prismrec check`: what a shop has, what it lacks and what in it is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prismrec.cli.options import AsJson, ShopPath
from prismrec.cli.output import emit, say, table, warn

if TYPE_CHECKING:
    from prismrec.media.quality import CheckReport

__all__ = ["check", "print_report"]


def check(shop: ShopPath, as_json: AsJson = False) -> None:
    """Count a shop's parts, say how complete they are, and list what is broken."""
    from prismrec.data.read import read
    from prismrec.media.quality import check

    report = check(read(shop))
    if as_json:
        emit(report.to_json())
    else:
        print_report(report)


def print_report(report: CheckReport) -> None:
    """Print counts, coverage and every problem."""
    rows = [(name, _number(value)) for name, value in report.counts.items()]
    rows += [(f"events: {name}", _number(value)) for name, value in report.events.items()]
    table(report.shop, ("what", "number"), rows)
    say()
    shares = [*report.coverage.items()]
    shares += [(f"text in {name} script", share) for name, share in report.scripts.items()]
    table("", ("modality", "share"), [(name, f"{share:.1%}") for name, share in shares])
    say()
    if report.period is not None:
        say("from {} to {}".format(*report.period))
    for problem in report.problems:
        warn(str(problem))
    if not report.problems:
        say("nothing is broken")


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"

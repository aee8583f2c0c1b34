"""`prismrec check`: what a shop has, what it lacks, what in it is broken, and what follows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from prismrec.cli.options import AsJson, ShopPath
from prismrec.cli.output import emit, note, say, table, tracked

if TYPE_CHECKING:
    from prismrec.data.shop import Shop
    from prismrec.media.quality import CheckReport, Finding

__all__ = ["check", "checked", "print_report"]

SHOWN = 3  # cases of a finding that are spelt out; --html shows more, --json all
LANGUAGES = 5
COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def check(
    shop: ShopPath,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as one HTML page.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave with 1 where an error was found.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Decode every file of a shop; say what is broken, odd or missing, and what follows."""
    from prismrec.data.read import read

    opened = read(shop)
    report = checked(opened)
    if html is not None:
        from prismrec.media.quality import to_html

        with tracked("drawing") as step:
            html.write_text(to_html(report, opened, progress=step), "utf-8")
        note(f"the page is in {html}")
    if as_json:
        emit(report.to_json())
    else:
        print_report(report)
    if strict and report.of("error"):
        raise typer.Exit(1)


def checked(shop: Shop) -> CheckReport:
    """Check a shop behind a bar of progress."""
    from prismrec.media.quality import check

    with tracked("checking") as step:
        return check(shop, progress=step)


def print_report(report: CheckReport, *, brief: bool = False) -> None:
    """Print counts, coverage and findings, `brief` with one line for each finding."""
    rows = [(name, _number(value)) for name, value in report.counts.items()]
    rows += [(f"events: {name}", _number(value)) for name, value in report.events.items()]
    table(report.shop, ("what", "number"), rows)
    say()
    shares = [
        (f"{each.side} {each.modality}", *map(_share, (each.named, each.usable, each.by_events)))
        for each in report.coverage
    ]
    table("", ("coverage", "named", "usable", "share of events"), shares)
    say()
    if report.languages:
        spoken = [f"{code} {share:.0%}" for code, share in [*report.languages.items()][:LANGUAGES]]
        say(f"languages: {', '.join(spoken)}")
    if report.period is not None:
        say("from {} to {}".format(*report.period))
    if not report.findings:
        say("nothing was found")
    for finding in report.findings:
        colour, place = COLOURS[finding.severity], f"{finding.side} {finding.modality}".strip()
        mark = f"[{colour}]{finding.severity}[/{colour}] [bold]{finding.code}[/bold]"
        say(f"{mark} {place}{': ' if place else ''}{finding.title} ({finding.count:,})")
        if not brief:
            _print_cases(finding)


def _print_cases(finding: Finding) -> None:
    for case in finding.cases[:SHOWN]:
        names = ", ".join(case.ids[:SHOWN]) + ", ..." * (len(case.ids) > SHOWN)
        files = ", ".join(case.files[:SHOWN])
        say("    " + escape(" - ".join(part for part in (files, names, case.detail) if part)))
    if len(finding.cases) > SHOWN:
        say(f"    and {len(finding.cases) - SHOWN:,} more")
    say(f"    [dim]prismrec:[/dim] {finding.will}\n    [dim]you:[/dim] {escape(finding.can)}\n")


def _share(value: float) -> str:
    return f"{value:.1%}"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"

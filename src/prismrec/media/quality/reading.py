"""What reading a shop has found already: rows and paths that it skipped."""

from __future__ import annotations

from collections.abc import Iterator

from prismrec.data.shop import Shop
from prismrec.media.quality.finding import KINDS, Case, Finding, finding, kind

__all__ = ["reading_findings"]

ABSENT = "left out: the row counts as one without that medium"

SKIPPED = kind(
    "table.skipped",
    "warning",
    "rows of tables that cannot be used as they are",
    will="left out and counted; all other rows are used",
    can="correct the rows; each line says how",
)
kind(
    "file.missing",
    "error",
    "paths that lead to no file",
    will=ABSENT,
    can="correct the path or copy the file below the shop's folder",
)
kind(
    "file.outside",
    "error",
    "paths that lead out of the shop's folder",
    will=ABSENT + "; nothing outside the folder is ever read, also not through a link",
    can="copy the file below the shop's folder and write its path from there",
)
kind(
    "file.refused",
    "error",
    "paths to something that is no plain file",
    will=ABSENT,
    can="name the file itself, not a folder, a pipe or a device",
)
kind(
    "file.address",
    "error",
    "addresses that are not asked, or that gave nothing",
    will=ABSENT + "; an address is asked only where shop.toml allows its host",
    can="save the file below the shop's folder, or allow the host: urls under [limits]",
)
kind(
    "file.spelling",
    "warning",
    "paths that are spelt otherwise than on disk",
    will="used: case, accents and backslashes are overlooked where only one file can be meant",
    can="spell them as the disk does; other systems will not find them",
)


def reading_findings(shop: Shop) -> Iterator[Finding]:
    """One finding for each code; its cases are the problems, each with its first place."""
    codes = dict.fromkeys(problem.code for problem in shop.problems)
    for code in codes:
        mine = [problem for problem in shop.problems if problem.code == code]
        cases = [Case(detail=str(problem)) for problem in mine]
        count = sum(problem.count for problem in mine)
        yield finding(KINDS.get(code, SKIPPED), cases, count=count)

"""Codes are stable and documented: the table in the docs is the table in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from prismrec.media.quality import KINDS
from prismrec.media.quality.finding import SEVERITIES, kind

PAGE = Path(__file__).parents[3] / "docs" / "check.md"


def test_the_docs_list_every_code_as_it_is() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert lines == [
        f"| `{k.code}` | {k.severity} | {k.title} | {k.will} | {k.can} |"
        for k in sorted(KINDS.values(), key=lambda each: each.code)
    ]


def test_a_code_is_an_area_and_a_name() -> None:
    areas = {code.partition(".")[0] for code in KINDS}
    assert areas == {
        "table",
        "file",
        "image",
        "audio",
        "text",
        "coverage",
        "balance",
        "log",
        "drift",
    }
    assert {k.severity for k in KINDS.values()} == set(SEVERITIES)


def test_a_code_is_given_once() -> None:
    with pytest.raises(ValueError, match="taken"):
        kind("file.empty", "info", "again", will="nothing", can="nothing")

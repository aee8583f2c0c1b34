"""The result of `compare` as one HTML page that explains itself and needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from prismrec.evaluation.comparison import Comparison
from prismrec.evaluation.report.sections import sections
from prismrec.evaluation.report.words import command, headline, meanings, protocol
from prismrec.pages import environment, thumbnails, usual_aspect

__all__ = ["render"]

COVERS = 200  # pictures of one page, some 4 kB each
SHOWN = 8  # items of one list


def render(comparison: Comparison | Mapping[str, Any], *, folder: Path | None = None) -> str:
    """The page; a part for which there are no figures is absent.

    Args:
        comparison: what `comparison` put together, or its `to_json()` as it was saved.
        folder: of the shop, where the pictures lie; that of the comparison where None. Without
            any, examples show titles.
    """
    if isinstance(comparison, Comparison):
        folder = folder or comparison.folder
        comparison = comparison.to_json()
    plain: dict[str, Any] = _known(comparison)
    standings, results = plain["standings"], plain["results"]
    made = {} if folder is None else thumbnails(folder, _pictures(standings), most=COVERS)
    page = environment("prismrec.evaluation.report")
    page.filters.update(with_x=_with_x, meanings=meanings)
    return page.get_template("report.html").render(
        shop=plain["shop"],
        parts=[_part(standing, results) for standing in standings],
        covers=list(made.values()),
        aspect=usual_aspect(made.values()),
        place={picture: number for number, picture in enumerate(made)},
        skipped=_skipped(results),
        command=command(plain),
        made=plain.get("made", {}),
        shown=SHOWN,
    )


def _known(value: Any) -> Any:
    """The same plain values; None for a number that is not finite."""
    if isinstance(value, Mapping):
        return {name: _known(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_known(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _part(standing: Mapping[str, Any], results: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What the page says of one split."""
    own = [run for run in results if run["split"] == standing["split"]]
    found = sections(standing)
    return {**found, "headline": headline(found), "protocol": protocol(found, own)}


def _skipped(results: list[Mapping[str, Any]]) -> dict[str, str]:
    """Why a run has no figures: a model, or a model and what was damaged."""
    out = {}
    for run in results:
        if run.get("skipped"):
            damage = run.get("damage")
            what = f" ({damage['modality']} {damage['way']})" if damage else ""
            out[run["model"] + what] = run["skipped"]
    return out


def _pictures(standings: list[Mapping[str, Any]]) -> Iterator[str]:
    """Those of all examples, the first of each list before the second of any."""
    lists = []
    for standing in standings:
        for person in standing["examples"]:
            lists += [person["history"], person["chosen"], *person["lists"].values()]
    cut = [each[:SHOWN] for each in lists]
    ordered = chain.from_iterable(zip_longest(*cut))
    return (item["picture"] for item in ordered if item is not None and item["picture"])


def _with_x(rows: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    """Points of a chart whose x is that field; rows without it are left out."""
    return [{**row, "x": row[field]} for row in rows if row[field]]

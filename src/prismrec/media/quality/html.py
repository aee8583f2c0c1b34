"""The report as one HTML page that needs nothing else: pictures and waveforms are inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from prismrec.data.shop import Media, Shop
from prismrec.media.quality.finding import SEVERITIES, Case, Finding
from prismrec.media.quality.previews import Preview, previews_of
from prismrec.media.quality.report import CheckReport, Spread
from prismrec.media.quality.texts import quoted

__all__ = ["to_html"]

CASES, FILES, IDS = 24, 4, 6  # of a finding; of a case
LOOK = {"image": 8, "audio": 4}  # media shown at the top, evenly spread over the items
MOST = 800  # previews of a page, 4 kB each

Progress = Callable[[int, int, str], None]  # done, in all, of what


@dataclass(frozen=True)
class _Shown:
    """A case as the page shows it."""

    previews: tuple[tuple[str, Preview], ...]  # path and what it looks like
    more_files: int
    names: tuple[tuple[str, str], ...]  # identifier and title or beginning of the text
    more_names: int
    detail: str


def to_html(
    report: CheckReport, shop: Shop, *, progress: Progress = lambda done, total, what: None
) -> str:
    """The page; of each finding 24 cases are shown, all are counted.

    Args:
        report: what `check` found.
        shop: where the media lie; those that are shown are decoded once more.
        progress: called with how many are drawn, how many there are, and of what.
    """
    from jinja2 import Environment

    look = [*_look(shop)]
    wanted = [*look, *_wanted(report)][:MOST]
    made = previews_of(shop, wanted, tick=lambda done, total: progress(done, total, "previews"))
    template = files("prismrec.media.quality").joinpath("report.html.j2").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.filters["share"] = "{:.1%}".format
    page.filters["number"] = _number
    page.filters["bars"] = _bars
    return page.from_string(template).render(
        report=report,
        severities=[
            (name, [(each, [*_cases(each, shop, made)]) for each in report.of(name)])
            for name in SEVERITIES
        ],
        look=[
            (path, made[modality, path]) for modality, path in look if made[modality, path].shows
        ],
        limit=CASES,
    )


def _look(shop: Shop) -> Iterator[tuple[str, str]]:
    for modality, n in LOOK.items():
        values = shop.item_media.get(modality, Media(modality, ())).values
        paths = list(dict.fromkeys(path for path in values if path is not None))
        for place in np.linspace(0, len(paths) - 1, min(n, len(paths))).astype(int):
            yield modality, paths[place]


def _wanted(report: CheckReport) -> Iterator[tuple[str, str]]:
    for finding in report.findings:
        if finding.modality in LOOK:
            for case in finding.cases[:CASES]:
                yield from ((finding.modality, path) for path in case.files[:FILES])


def _cases(finding: Finding, shop: Shop, made: dict[tuple[str, str], Preview]) -> Iterator[_Shown]:
    for case in finding.cases[:CASES]:
        shown = case.files[:FILES]
        yield _Shown(
            tuple((path, made.get((finding.modality, path), Preview())) for path in shown),
            len(case.files) - len(shown),
            tuple((name, _title(finding, shop, name)) for name in case.ids[:IDS]),
            max(0, len(case.ids) - IDS),
            _detail(case),
        )


def _title(finding: Finding, shop: Shop, name: str) -> str:
    """What a person would call a row: its title, or how its text begins."""
    ids, media = (
        (shop.item_ids, shop.item_media)
        if finding.side == "item"
        else (shop.user_ids, shop.user_media)
    )
    (row,) = ids.index([name])
    if finding.modality == "text" and "text" in media:
        return quoted(media["text"].values[row] or "")
    title = shop.titles[row] if finding.side == "item" and shop.titles else ""
    return "" if title == name else title[:80]


def _detail(case: Case) -> str:
    return case.detail if len(case.detail) <= 300 else case.detail[:299] + "…"


def _number(value: float) -> str:
    if isinstance(value, int) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _bars(spread: Spread) -> str:
    """Path of an SVG drawing, 24 wide and 1 high, upside down."""
    top = max(spread.counts)
    heights = ((place, (n / top) ** 0.5) for place, n in enumerate(spread.counts) if n)
    return "".join(f"M{place}.5 0V{height:.3f}" for place, height in heights)

"""The results of `generalisation` as one HTML page with curves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prismrec.evaluation.drift import Window
from prismrec.evaluation.generalisation import METRIC, Generalisation
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.robustness import Point
from prismrec.pages import environment, tone

__all__ = ["span", "to_html"]

RECENT = "recent popularity"


def to_html(found: Sequence[Generalisation], *, shop: str, measured: str) -> str:
    """A page that needs nothing else.

    Args:
        found: the results, one per model.
        shop: its name.
        measured: which split, on which part.
    """
    words = [each.words() for each in found]
    return (
        environment("prismrec.evaluation")
        .get_template("generalisation.html")
        .render(
            shop=shop,
            measured=measured,
            metric=METRIC,
            words={
                question: [
                    (each.model, said[question]) for each, said in zip(found, words, strict=True)
                ]
                for question in words[0]
            },
            drift_lines=_drift_lines(found),
            windows=[
                (each.model, span(window), window)
                for each in found
                for window in (each.drift.windows if each.drift else ())
            ],
            gaps=_gaps(found),
            damage=_damage(found),
            strata=_strata(found),
        )
    )


def span(window: Window) -> str:
    """The days of a window, in UTC."""
    if window.start is None or window.end is None:
        return "no times"
    first, last = (datetime.fromtimestamp(at, UTC).date() for at in (window.start, window.end))
    return str(first) if first == last else f"{first} to {last}"


def _drift_lines(found: Sequence[Generalisation]) -> list[dict[str, Any]]:
    """Lines over windows; empty where there is one window only, which is no line."""
    drifts = [(each.model, each.drift.windows) for each in found if each.drift]
    if not drifts or len(drifts[0][1]) < 2:
        return []
    series = [(model, [w.model.mean for w in windows]) for model, windows in drifts]
    series.append((RECENT, [w.recent.mean for w in drifts[0][1]]))
    return [
        {
            "label": label,
            "points": [*enumerate(means, 1)],
            "tone": tone("popularity" if label == RECENT else label, place),
        }
        for place, (label, means) in enumerate(series)
    ]


def _gaps(found: Sequence[Generalisation]) -> list[dict[str, Any]]:
    return [
        {
            "label": each.model,
            "bars": [
                _bar("items it was fitted on", each.gap.train[METRIC], 1),
                _bar("items of test", each.gap.test[METRIC], 0),
            ],
        }
        for each in found
        if each.gap
    ]


def _damage(found: Sequence[Generalisation]) -> list[dict[str, Any]]:
    """One chart and table per modality and way, all models in it."""
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for place, each in enumerate(found):
        for curve in each.curves:
            blank = {"modality": curve.modality, "how": curve.how, "lines": [], "rows": []}
            chart = out.setdefault((curve.modality, curve.how), blank)
            points = [(100 * p.level, p.metrics[METRIC].mean) for p in curve.points]
            chart["lines"].append({"label": each.model, "points": points, "tone": tone("", place)})
            chart["rows"] += [_row(each.model, point) for point in curve.points]
    return [*out.values()]


def _row(model: str, point: Point) -> dict[str, Any]:
    new = point.new_items.get(METRIC)
    figures = {"all": point.metrics[METRIC], "lost": point.lost[METRIC], "new": new}
    return {"model": model, "level": point.level, **figures}


def _strata(found: Sequence[Generalisation]) -> list[dict[str, Any]]:
    return [
        {
            "model": each.model,
            "groups": [
                {
                    "label": by,
                    "bars": [
                        _bar(f"{s.name} ({s.detail}; {s.n_users} users)", s.metrics[METRIC], place)
                        for s in each.strata
                        if s.by == by
                    ],
                }
                for by in dict.fromkeys(s.by for s in each.strata)
            ],
        }
        for place, each in enumerate(found)
    ]


def _bar(label: str, value: Interval, place: int) -> dict[str, Any]:
    return {"label": label, **value._asdict(), "tone": tone("", place)}

"""Robustness: what a model is worth where one modality is missing, noisy or mixed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from prismrec import registry
from prismrec.data.split import Split
from prismrec.errors import BadData
from prismrec.evaluation.damage import damaged
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.protocol import cold_items, evaluate
from prismrec.evaluation.result import Evaluation, difference
from prismrec.train import Training

__all__ = ["LEVELS", "METRICS", "Curve", "Point", "robustness"]

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
METRICS, K = ("recall", "ndcg"), 20


@dataclass(frozen=True)
class Point:
    """A model at one level of damage."""

    level: float  # 0 is undamaged
    metrics: Mapping[str, Interval]  # over all items
    lost: Mapping[str, Interval]  # undamaged minus damaged, paired by user
    new_items: Mapping[str, Interval]  # over items without history among themselves; may be empty
    new_lost: Mapping[str, Interval]

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        tables = ("metrics", "lost", "new_items", "new_lost")
        return {"level": self.level} | {
            table: {name: value._asdict() for name, value in getattr(self, table).items()}
            for table in tables
        }


@dataclass(frozen=True)
class Curve:
    """How figures fall as the damage grows."""

    model: str
    modality: str
    how: str  # a key of `damage.DAMAGES`
    points: tuple[Point, ...]  # from undamaged on

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        head = {name: getattr(self, name) for name in ("model", "modality", "how")}
        return {**head, "points": [point.to_json() for point in self.points]}


def robustness(
    model: str, parts: Split, *, modality: str, how: str, levels: Sequence[float] = LEVELS
) -> Curve:
    """Fit a model again on damaged features, and measure it on the same test log.

    Known and new items are damaged alike, before the fit: the curve is that of a shop whose
    catalogue is so bad, where a model can learn to trust the modality less. It is not that of a
    fitted model whose input breaks overnight. recall@20 and ndcg@20 are measured.

    Args:
        model: spec, like "prism" or "content-knn:modality=image".
        parts: train is fitted on, valid is given to the fit, test is measured.
        modality: of the items.
        how: "missing" (level: share of the items), "noise" (level: in standard deviations of each
            dimension) or "shuffled" (level: share of the items).
        levels: of damage; undamaged is always measured first.

    Raises:
        BadData: where there is no such modality, damage or level.
        UnknownName: for a model that does not exist.
        Leak: where the parts overlap.
    """
    if not levels:
        raise BadData("robustness needs one level of damage or more")
    wanted = sorted({0.0, *levels})
    runs = [_measured(model, _spoilt(parts, modality, how, level)) for level in wanted]
    points = [_point(level, run, runs[0]) for level, run in zip(wanted, runs, strict=True)]
    return Curve(model, modality, how, tuple(points))


def _spoilt(parts: Split, modality: str, how: str, level: float) -> Split:
    """The parts with one modality damaged; they share their features."""
    items = damaged(parts.train, modality, how, level=level).items
    return Split(*(replace(part, items=items) for part in parts))


def _measured(model: str, parts: Split) -> tuple[Evaluation, Evaluation | None]:
    """Over all items, and over those without history if any is to be found."""
    train, valid, test = parts
    how = Training(valid=valid if len(valid.interactions) else None)
    ranker = registry.build("models", model).fit(train, how)
    everything = evaluate(ranker, test, seen=train, k=K, metrics=METRICS)
    cold = cold_items(train)
    if not (test.interactions.weight[np.isin(test.interactions.items, cold)] > 0).any():
        return everything, None
    return everything, evaluate(ranker, test, seen=train, k=K, metrics=METRICS, only=cold)


def _point(
    level: float,
    run: tuple[Evaluation, Evaluation | None],
    whole: tuple[Evaluation, Evaluation | None],
) -> Point:
    new = run[1] is not None and whole[1] is not None
    return Point(
        level,
        run[0].metrics,
        difference(whole[0], run[0]),
        run[1].metrics if run[1] is not None else {},
        difference(whole[1], run[1]) if new and run[1] and whole[1] else {},
    )

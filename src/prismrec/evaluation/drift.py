"""Drift: how a model fares as time goes on, and whether what is popular lately would beat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.split import Split
from prismrec.errors import BadData, Leak
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.result import Evaluation, difference
from prismrec.evaluation.result import intervals as interval_of
from prismrec.graph.support import support
from prismrec.rankers import ItemWeights, Ranker
from prismrec.types import Ints

__all__ = ["Drift", "Window", "drift", "outpaced", "windows"]

SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)  # of the newest events, of which one is chosen


@dataclass(frozen=True)
class Window:
    """One stretch of the test log."""

    start: int | None  # seconds since 1970 of its first event; None where the log has no times
    end: int | None  # of its last
    n_users: int
    model: Interval
    recent: Interval  # of recent popularity, for the same users


@dataclass(frozen=True)
class Drift:
    """A model over consecutive windows, beside recent popularity; intervals are over users."""

    metric: str
    windows: tuple[Window, ...]  # oldest first
    counted: str  # in words: what recent popularity was counted on
    gap: Interval  # the model minus recent popularity, paired, over the whole test log
    warning: str = ""  # in words, where the model is not clearly better

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "metric": self.metric,
            "counted": self.counted,
            "gap": self.gap._asdict(),
            "warning": self.warning,
            "windows": [
                {
                    **{name: getattr(window, name) for name in ("start", "end", "n_users")},
                    "model": window.model._asdict(),
                    "recent": window.recent._asdict(),
                }
                for window in self.windows
            ],
        }

    def __str__(self) -> str:
        rows = [
            f"window {row + 1}, {w.n_users} users: {w.model}, recent popularity {w.recent}"
            for row, w in enumerate(self.windows)
        ]
        return "\n".join([self.metric, *rows, *([self.warning] if self.warning else [])])


def drift(ranker: Ranker, parts: Split, *, n_windows: int = 4, k: int = 20, seed: int = 0) -> Drift:
    """Measure recall in consecutive windows of test, and against popularity of late.

    The model is fitted once, on train, so a falling curve says how soon it wants a refit. Recent
    popularity is the number of users in the newest events of train; how many of them is chosen on
    valid. A log without times has one window, and its recent popularity is counted on valid, which
    the model has not seen: should that win, the log has drifted between train and test.

    Args:
        ranker: fitted on `parts.train`.
        parts: split by time.
        n_windows: at most; each holds about as many events.
        k: length of the lists.
        seed: of the bootstrap and of the order among equal scores.

    Raises:
        Leak: where train has events later than the first test event.
        BadData: where there is no valid part.
    """
    train, valid, test = parts
    if not len(valid.interactions):
        raise BadData("drift needs a valid part to choose how recent popularity is counted")
    _refuse_future(train, test)
    recent, counted = _recent(train, valid, k=k, seed=seed)
    metric = f"recall@{k}"

    def measured(given: Ranker, part: Dataset) -> Evaluation:
        return evaluate(given, part, seen=train, k=k, metrics=["recall"], seed=seed)

    found = []
    for window in windows(test, n_windows):
        ours, theirs, times = measured(ranker, window), measured(recent, window), _span(window)
        intervals = ours.metrics[metric], theirs.metrics[metric]
        found.append(Window(*times, ours.n_users, *intervals))
    gap = difference(measured(ranker, test), measured(recent, test))[metric]
    return Drift(metric, tuple(found), counted, gap, _warning(gap, counted, metric))


def outpaced(runs: Mapping[str, Evaluation], parts: Split, *, seed: int = 0) -> dict[str, str]:
    """In words, by model: which are not clearly better than recent popularity, as `drift` has it.

    Args:
        runs: model -> evaluation of one run on these parts, all items being candidates.
        parts: what they were fitted on and measured by.
        seed: as the runs had.

    Returns:
        Nothing where the question makes no sense: there is no valid part, train has events later
        than the first test event, so that the models know the future, or popularity finds nothing
        at all, since only new items are asked for.
    """
    train, valid, test = parts
    if not runs or not len(valid.interactions) or _future_share(train, test):
        return {}
    k = next(iter(runs.values())).items.shape[1]
    metric = f"recall@{k}"
    recent, counted = _recent(train, valid, k=k, seed=seed)
    theirs = evaluate(recent, test, seen=train, k=k, metrics=["recall"], seed=seed)
    if not theirs.hits.any():
        return {}
    found = {}
    for model, run in runs.items():
        gaps = run.per_user[metric] - theirs.per_user[metric]
        gap = interval_of({metric: gaps}, run.users, seed=seed)[metric]
        if warning := _warning(gap, counted, metric):
            found[model] = warning
    return found


def windows(test: Dataset, n: int) -> list[Dataset]:
    """At most n consecutive pieces of about as many events; equal times stay together.

    A log without times is one piece.
    """
    time = test.interactions.time
    if time is None or not len(time):
        return [test]
    ordered = np.sort(time)
    starts = np.unique(ordered[[len(ordered) * part // n for part in range(1, n)]])
    number = np.searchsorted(starts, time, side="right")
    return [
        test.with_interactions(test.interactions.take(number == each)) for each in np.unique(number)
    ]


def _future_share(train: Dataset, test: Dataset) -> float:
    """Share of the train events that are later than the first test event."""
    seen, held = train.interactions.time, test.interactions.time
    if seen is None or held is None or not len(seen) or not len(held):
        return 0.0
    return float((seen > held.min()).mean())


def _refuse_future(train: Dataset, test: Dataset) -> None:
    later = _future_share(train, test)
    if later > 0:
        raise Leak(
            f"{later:.1%} of train is later than the first test event: over windows of time the "
            "model would know the future; split by time"
        )


def _recent(train: Dataset, valid: Dataset, *, k: int, seed: int) -> tuple[ItemWeights, str]:
    """Popularity of late, and in words what it was counted on."""
    log = train.interactions
    if log.time is None:
        counts = support(valid.interactions, train.n_items)
        return ItemWeights((), counts), "the valid part, which the model was not fitted on"
    order = log.in_time_order()
    rankers = {share: _popular(train, order[-round(len(log) * share) :]) for share in SHARES}
    metric = f"recall@{k}"

    def worth(share: float) -> float:
        found = evaluate(rankers[share], valid, seen=train, k=k, metrics=["recall"], seed=seed)
        return found.metrics[metric].mean

    best = max(SHARES, key=worth)
    return rankers[best], f"the newest {best:.0%} of train, a share chosen on valid"


def _popular(train: Dataset, rows: Ints | Sequence[int]) -> ItemWeights:
    chosen = train.interactions.take(np.asarray(rows, np.int64))
    return ItemWeights((), support(chosen, train.n_items))


def _span(window: Dataset) -> tuple[int | None, int | None]:
    time = window.interactions.time
    return (None, None) if time is None else (int(time.min()), int(time.max()))


def _warning(gap: Interval, counted: str, metric: str) -> str:
    if gap.low > 0:
        return ""
    rival = f"plain recent popularity, counted on {counted},"
    if gap.high >= 0:
        return f"{rival} is as good as the model within the interval (difference in {metric} {gap})"
    return (
        f"{rival} beats the model (difference in {metric} {gap}): taste moves faster than the "
        "model learns; refit more often, fit on valid too, or let uses fade (half_life)"
    )

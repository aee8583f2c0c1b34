"""Does a model last, has it learnt by heart, does it stand bad media, is it fair to newcomers?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prismrec import registry
from prismrec.data.split import Split
from prismrec.errors import BadData, Leak
from prismrec.evaluation.damage import DAMAGES
from prismrec.evaluation.drift import Drift, drift
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.overfitting import TrainTestGap, train_test_gap
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.robustness import Curve, K, robustness
from prismrec.evaluation.strata import Stratum, strata
from prismrec.train import Training

__all__ = ["METRIC", "Generalisation", "Harm", "generalisation"]

METRIC = f"recall@{K}"


@dataclass(frozen=True)
class Harm:
    """What is done to the media: each modality in each way at each level."""

    modalities: Sequence[str]
    ways: Sequence[str] = tuple(DAMAGES)
    levels: Sequence[float] = (0.1, 0.5, 0.9)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Modality and way of every curve."""
        return [(modality, way) for modality in self.modalities for way in self.ways]


@dataclass(frozen=True, eq=False)
class Generalisation:
    """One model, and what is to be expected of it beyond the log that it was measured on."""

    model: str
    overall: Interval  # METRIC over the whole test log
    drift: Drift | None
    gap: TrainTestGap | None
    curves: tuple[Curve, ...]
    strata: tuple[Stratum, ...]
    unanswered: Mapping[str, str]  # "drift" or "gap" -> why there is none

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values, with the words."""
        return {
            "model": self.model,
            "metric": METRIC,
            "overall": self.overall._asdict(),
            "drift": None if self.drift is None else self.drift.to_json(),
            "train_test_gap": None if self.gap is None else self.gap.to_json(),
            "robustness": [curve.to_json() for curve in self.curves],
            "strata": [stratum.to_json() for stratum in self.strata],
            "unanswered": dict(self.unanswered),
            "words": self.words(),
        }

    def words(self) -> dict[str, list[str]]:
        """Question -> answers in sentences."""
        return {
            "Does it last?": self._lasts(),
            "Has it learnt by heart?": [self._by_heart()],
            "What if media are bad?": [_stands(curve) for curve in self.curves]
            or ["No media were damaged."],
            "Is it as good for what is new?": [
                self._newcomers("user history", "users"),
                self._newcomers("item history", "items"),
            ],
        }

    def _lasts(self) -> list[str]:
        if self.drift is None:
            return [f"No answer: {self.unanswered['drift']}."]
        first, last = self.drift.windows[0].model, self.drift.windows[-1].model
        between = f"{METRIC} is {first.mean:.4f} in the first window, {last.mean:.4f} in the last"
        if len(self.drift.windows) < 2:
            said = f"There is one window only, of {METRIC} {_range(first)}."
        elif last.high < first.low:
            said = f"It fades: {between}. Refit more often."
        elif last.low > first.high:
            said = f"It does not fade: {between}."
        else:
            said = f"No clear change: {between}, and the intervals overlap."
        ahead = f"It leads recent popularity by {_range(self.drift.gap)}."
        return [said, f"Warning: {self.drift.warning}." if self.drift.warning else ahead]

    def _by_heart(self) -> str:
        if self.gap is None:
            return f"No answer: {self.unanswered['gap']}."
        known, later, gap = (t[METRIC] for t in (self.gap.train, self.gap.test, self.gap.gap))
        figures = (
            f"for the same users {METRIC} is {known.mean:.4f} on items that it was fitted on, "
            f"{later.mean:.4f} on test"
        )
        if gap.low <= 0:
            return f"No sign of it: {figures} (gap {_range(gap)})."
        return (
            f"It finds again what it has seen: {figures} (gap {_range(gap)}). That is a fault only "
            "where another model has a smaller gap and does as well on test."
        )

    def _newcomers(self, by: str, what: str) -> str:
        groups = {s.name: s for s in self.strata if s.by == by}
        if len(groups) < 2:
            return f"Nothing to compare: all {what} of test are known, or all are new."
        new, known = groups["new"], groups["known"]
        ours, theirs = new.metrics[METRIC], known.metrics[METRIC]
        judged = "no clear difference"
        if ours.high < theirs.low:
            judged = "worse"
        elif ours.low > theirs.high:
            judged = "better"
        few = " (fewer than 30 users: the interval is too narrow)" if new.n_users < 30 else ""
        return (
            f"For new {what}: {judged}; {METRIC} {_range(ours)}{few}, for known ones "
            f"{_range(theirs)}."
        )


def generalisation(
    model: str,
    parts: Split,
    *,
    harm: Harm,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Generalisation:
    """Fit a model once as it is and once for each damage, and ask all four questions.

    Args:
        model: spec, like "prism" or "item-knn".
        parts: train is fitted on, valid is given to the fit, test is measured.
        harm: what is done to the media; without modalities there are no curves.
        seed: of the fit on whole media, of every draw and of the bootstrap.
        progress: called with words before each of the 1 + `len(harm.pairs)` steps.

    Raises:
        UnknownName: for a model that does not exist.
        BadData: where there is no such modality, damage or level, or the model cannot be fitted.
        Leak: where the parts overlap.
    """
    tell = progress or (lambda what: None)
    train, valid, test = parts
    tell(f"{model}: fit")
    how = Training(valid=valid if len(valid.interactions) else None, seed=seed)
    ranker = registry.build("models", model).fit(train, how)
    run = evaluate(ranker, test, seen=train, k=K, metrics=["recall"], seed=seed)
    lasting, gap, unanswered = None, None, {}
    try:
        lasting = drift(ranker, parts, k=K, seed=seed)
    except (BadData, Leak) as problem:
        unanswered["drift"] = str(problem)
    try:
        gap = train_test_gap(ranker, train=train, test=test, k=K, seed=seed)
    except BadData as problem:
        unanswered["gap"] = str(problem)
    groups = strata(run, train=train, test=test, seed=seed)
    curves = []
    for modality, way in harm.pairs:
        tell(f"{model}: {modality} {way}")
        curves.append(robustness(model, parts, modality=modality, how=way, levels=harm.levels))
    overall = run.metrics[METRIC]
    return Generalisation(model, overall, lasting, gap, tuple(curves), groups, unanswered)


def _range(value: Interval) -> str:
    return f"{value.mean:z.4f} ({value.low:z.4f} to {value.high:z.4f})"  # z: no minus before 0


def _stands(curve: Curve) -> str:
    worst = curve.points[-1]
    if curve.how == "noise":
        where = f"{curve.modality} with {worst.level:g} times as much noise as signal"
    else:
        where = f"{curve.modality} {curve.how} for {worst.level:.0%} of the items"
    said = f"With {where}, {_cost(worst.lost[METRIC])}"
    if METRIC in worst.new_lost:
        said += f"; among new items, {_cost(worst.new_lost[METRIC])}"
    return said + "."


def _cost(lost: Interval) -> str:
    """What a damage did: 0 is within the interval of what makes no clear difference."""
    if lost.low > 0:
        return f"{METRIC} loses {_range(lost)}"
    if lost.high < 0:
        return f"{METRIC} gains {_range(Interval(-lost.mean, -lost.high, -lost.low))}"
    if lost == (0, 0, 0):
        return f"{METRIC} stays as it is"
    return f"no clear difference in {METRIC}: it loses {_range(lost)}"

"""The search itself: it is given train and valid, and test is not in its reach."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.errors import BadData, TooLarge
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.protocol import evaluate
from prismrec.packages import require
from prismrec.search_space import Range, Space, spaces
from prismrec.train import Progress, Training
from prismrec.tune import study as studies
from prismrec.tune.result import DONE, FAILED, PRUNED, Trial

__all__ = ["Plan", "search", "searchable"]

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Plan:
    """What to search, for how long, and where it is kept."""

    model: Any  # as it is by default, with the fields that are fixed
    spaces: Mapping[str, Space]  # of the fields that are searched
    metric: str  # like "recall@20"
    trials: int  # finished ones at most, those of earlier runs counted
    seconds: float | None  # after which no trial is begun
    how: Training  # options of each fit, without valid
    file: Path | None
    identity: Mapping[str, str]


def searchable(spec: str) -> tuple[Any, dict[str, Space]]:
    """The model, and the spaces of the fields that its spec leaves open.

    Raises:
        BadData: where there is nothing to search.
        UnknownName: for a model or field that does not exist.
    """
    model = registry.build("models", spec)
    name, *options = spec.split(":")
    given = {option.partition("=")[0].strip().replace("-", "_") for option in options}
    found = {name: space for name, space in spaces(type(model)).items() if name not in given}
    if not found:
        raise BadData(
            f"{spec}: has no field to search. What {name} must choose it chooses for itself when "
            "it is fitted, so `compare` it as it is; other fields are set by hand (--set)"
        )
    return model, found


def search(
    train: Dataset, valid: Dataset, plan: Plan, *, progress: Report | None = None
) -> tuple[tuple[Trial, ...], dict[str, float]]:
    """Try settings, the defaults first, until the plan is fulfilled.

    Returns:
        Every finished trial, and the importance of each field.
    """
    deadline = None if plan.seconds is None else time.monotonic() + plan.seconds
    with studies.opened(plan.file, plan.identity, epochs=plan.how.epochs) as study:
        done = studies.finished(study)
        while len(done) < plan.trials:
            late = deadline is not None and time.monotonic() > deadline
            if late and any(trial.default for trial in done):
                break
            with studies.ours(plan.file):
                _try(study, train, valid, plan=plan, say=_speaker(done, plan, progress))
            done = studies.finished(study)
        return tuple(done), studies.importance(study)


def _try(
    study: Any, train: Dataset, valid: Dataset, *, plan: Plan, say: Callable[[str], None]
) -> None:
    """One trial, from its settings to what is known of it."""
    start = {name: getattr(plan.model, name) for name in plan.spaces}
    start = {name: value for name, value in start.items() if value is not None}
    trial = studies.asked(study, seed=plan.how.seed, default=start)
    default = bool(trial.user_attrs.get("default"))
    wanted = {name: plan.spaces[name] for name in start} if default else plan.spaces
    settings = studies.suggested(trial, wanted, modalities=train.modalities)
    trial.set_user_attr("settings", settings)
    same = _same(studies.finished(study), settings)
    watch = _Watch(trial, say, prune=not default)
    if same is not None:
        return _end(study, trial, same.state, figures=same.figures, metric=plan.metric)
    try:
        how = replace(plan.how, valid=valid, progress=watch)
        ranker = replace(plan.model, **settings).fit(train, how)
        size = int(plan.metric.partition("@")[2])
        figures = evaluate(ranker, valid, seen=train, k=size, seed=plan.how.seed).metrics
    except _Hopeless:
        state, figures = PRUNED, {}
    except (BadData, TooLarge) as problem:
        if default:  # then nothing would do
            raise
        trial.set_user_attr("reason", str(problem))
        state, figures = FAILED, {}
    else:
        state = DONE
        if default:
            trial.set_user_attr("own_choice", _own_choice(ranker, plan, start))
    watch.note()
    return _end(study, trial, state, figures=figures, metric=plan.metric)


def _own_choice(ranker: Any, plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a model chose for fields that were left to it: a good place to search around."""
    about = getattr(ranker, "about", {})
    left = {name: about.get(name) for name in plan.spaces if name not in given}
    return {
        name: value
        for name, value in left.items()
        if isinstance(space := plan.spaces[name], Range) and value in space
    }


def _same(done: list[Trial], settings: Mapping[str, Any]) -> Trial | None:
    """An earlier trial with these settings: seeds are fixed, so it would go the same way."""
    return next((t for t in done if t.state != FAILED and dict(t.settings) == settings), None)


def _end(
    study: Any, trial: Any, state: str, *, figures: Mapping[str, Interval], metric: str
) -> None:
    """Write down how a trial ended; its state last, since that closes it."""
    states = require("optuna", "tune").trial.TrialState
    trial.set_user_attr("figures", {name: list(value) for name, value in figures.items()})
    if state == DONE:
        study.tell(trial, figures[metric].mean)
    else:
        study.tell(trial, state=states.PRUNED if state == PRUNED else states.FAIL)


class _Hopeless(Exception):
    """The trial is behind the others; it goes through the training loop and is caught here."""


class _Watch:
    """Called after each epoch: says how it goes, and ends a trial that is behind."""

    def __init__(self, trial: Any, say: Callable[[str], None], *, prune: bool) -> None:
        self.trial, self.say, self.prune = trial, say, prune
        self.epoch, self.start = 0, time.monotonic()
        say("")

    def __call__(self, at: Progress) -> None:
        self.say(f"epoch {at.epoch} of at most {at.epochs}")
        if at.best is None or at.epoch <= self.epoch:  # a second stage counts anew
            return
        self.epoch = at.epoch
        self.trial.report(at.best, at.epoch)
        if self.prune and at.epoch < at.epochs and self.trial.should_prune():
            raise _Hopeless

    def note(self) -> None:
        """Add to the trial how long it took."""
        self.trial.set_user_attr("epochs", self.epoch)
        self.trial.set_user_attr("seconds", round(time.monotonic() - self.start, 3))


def _speaker(done: list[Trial], plan: Plan, progress: Report | None) -> Callable[[str], None]:
    """What to call with how a trial is going."""
    figures = [t.figures[plan.metric].mean for t in done if t.state == DONE]
    best = f", best {plan.metric} so far {max(figures):.4f}" if figures else ""

    def say(text: str) -> None:
        if progress is not None:
            where = f": {text}" if text else ""
            progress(len(done), plan.trials, f"trial {len(done) + 1}{where}{best}")

    return say

"""One model fitted and measured once: what is given to it, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from prismrec.data import split as splits
from prismrec.data.dataset import Dataset
from prismrec.errors import BadData, MissingPackage, TooLarge
from prismrec.evaluation import leaks
from prismrec.evaluation.auc import auc
from prismrec.evaluation.beyond import with_beyond
from prismrec.evaluation.cost import Cost, metered, milliseconds_per_user
from prismrec.evaluation.damage import damaged
from prismrec.evaluation.graded import graded
from prismrec.evaluation.protocol import cold_items, evaluate
from prismrec.evaluation.result import Evaluation
from prismrec.rankers import Query, Ranker
from prismrec.train import Training
from prismrec.types import Ints

__all__ = ["Damage", "Fittable", "Result", "Task", "run", "spoilt", "task_of"]

PEOPLE = 1000  # whose lists are timed
LEVEL = 1.0  # of a damage: every item, or as much noise as signal


class Fittable(Protocol):
    """A model: what the registry makes of its name."""

    def fit(self, train: Dataset, how: Training) -> Ranker:
        """Learn from a log."""
        ...


class Damage(NamedTuple):
    """A modality that was spoilt before the fit."""

    modality: str
    way: str  # a key of `damage.DAMAGES`

    def __str__(self) -> str:
        return f"{self.modality} {self.way}"


@dataclass(frozen=True, eq=False)
class Result:
    """One model fitted and measured once."""

    model: str  # as it was asked for: name or name:field=value
    seed: int
    split: str
    refit: bool = False  # whether valid was part of the log it was fitted on
    damage: Damage | None = None  # of the data it was fitted on
    evaluation: Evaluation | None = None  # all items; None where the model was skipped
    new_items: Evaluation | None = None  # only items without history, ranked among themselves
    cost: Cost | None = None
    about: Mapping[str, Any] = field(default_factory=dict)  # what the ranker says of its fit
    skipped: str = ""  # why there are no figures

    @property
    def fit_seconds(self) -> float:
        """How long the fit took; 0 where there was none."""
        return 0.0 if self.cost is None else self.cost.fit_seconds

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values; `metrics` is empty where there are none."""
        damage = None if self.damage is None else self.damage._asdict()
        head = {"model": self.model, "seed": self.seed, "split": self.split, "refit": self.refit}
        head["damage"] = damage
        if self.evaluation is None or self.cost is None:
            return {**head, "metrics": {}, "skipped": self.skipped}
        new_items = None if self.new_items is None else self.new_items.to_json()
        figures = self.evaluation.to_json()
        return {**head, **self.cost.to_json(), **figures, "new_items": new_items}


class Task(NamedTuple):
    """What a model is given, and what it is judged by."""

    log: Dataset  # what is fitted on, and masked
    how: Training
    test: Dataset  # with the features as they are, by which lists are measured


def task_of(data: Dataset, split: str, how: Training, *, refit: bool) -> Task:
    """Cut a log into what a model sees and what it is judged by; test never reaches the model.

    Raises:
        Leak: where the parts of the split overlap.
    """
    train, valid, test = splits.split(data, split, seed=how.seed)
    leaks.parts(train, valid, test)
    if not len(valid.interactions):
        return Task(train, replace(how, valid=None), test)
    if refit:
        both = train.interactions.concatenated(valid.interactions)
        return Task(train.with_interactions(both), replace(how, valid=None), test)
    return Task(train, replace(how, valid=valid), test)


def spoilt(task: Task, damage: Damage) -> Task:
    """The task with one modality damaged in all that the model is given."""

    def spoil(data: Dataset) -> Dataset:
        return damaged(data, damage.modality, damage.way, level=LEVEL, seed=task.how.seed)

    valid = None if task.how.valid is None else spoil(task.how.valid)
    return task._replace(log=spoil(task.log), how=replace(task.how, valid=valid))


def run(blank: Result, model: Fittable, task: Task, *, k: Sequence[int]) -> Result:
    """Fit a model and measure it; a model that cannot be fitted comes back with the reason."""
    try:
        with metered() as meter:
            ranker = model.fit(task.log, task.how)
    except (BadData, MissingPackage, TooLarge) as problem:
        return replace(blank, skipped=str(problem))
    cold, log = cold_items(task.log), task.test.interactions
    new_items = None
    if (log.weight[np.isin(log.items, cold)] > 0).any():
        new_items = _measured(ranker, task, k, only=cold)
    everything = _measured(ranker, task, k)
    people = Query.of(task.log, everything.users[:PEOPLE])
    user_ms = milliseconds_per_user(ranker, people, max(k))
    return replace(
        blank,
        evaluation=everything,
        new_items=new_items,
        cost=Cost(meter.seconds, meter.peak_bytes, user_ms),
        about=dict(getattr(ranker, "about", {})),
    )


def _measured(
    ranker: Ranker, task: Task, k: Sequence[int], *, only: Ints | None = None
) -> Evaluation:
    """Accuracy, graded too where weights differ, and what lies beyond it."""
    log, test, seed = task.log, task.test, task.how.seed
    found = evaluate(ranker, test, seen=log, k=k, only=only, seed=seed)
    more = graded(found, test=test, seen=log, only=only, k=k)
    more["auc"] = auc(ranker, test, seen=log, only=only)
    return with_beyond(found.extended(more), train=replace(log, items=test.items), k=k)

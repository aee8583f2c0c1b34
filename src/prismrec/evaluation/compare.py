"""compare: several models on the same splits of one data set, under one protocol."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from prismrec import registry
from prismrec.data import split as splits
from prismrec.data.dataset import Dataset
from prismrec.errors import BadData, MissingPackage, TooLarge
from prismrec.evaluation import leaks
from prismrec.evaluation.protocol import cold_items, evaluate
from prismrec.evaluation.result import Evaluation, difference, pool
from prismrec.rankers import Ranker
from prismrec.train import Training

__all__ = ["Result", "as_json", "compare", "pooled"]


class _Model(Protocol):
    def fit(self, train: Dataset, how: Training) -> Ranker: ...


@dataclass(frozen=True, eq=False)
class Result:
    """One model fitted and measured once."""

    model: str  # as it was asked for: name or name:field=value
    seed: int
    split: str
    refit: bool = False  # whether valid was part of the log it was fitted on
    fit_seconds: float = 0.0
    evaluation: Evaluation | None = None  # all items; None where the model was skipped
    new_items: Evaluation | None = None  # only items without history, ranked among themselves
    skipped: str = ""  # why there are no figures

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values; {"model", "seed", "skipped"} where there are none."""
        head = {"model": self.model, "seed": self.seed, "refit": self.refit}
        if self.evaluation is None:
            return {**head, "metrics": {}, "skipped": self.skipped}
        new_items = None if self.new_items is None else self.new_items.to_json()
        figures = self.evaluation.to_json()
        return {**head, "fit_seconds": self.fit_seconds, **figures, "new_items": new_items}


class _Task(NamedTuple):
    log: Dataset  # what is fitted on, and masked
    how: Training
    test: Dataset
    k: Sequence[int]


def compare(
    data: Dataset,
    models: Sequence[str],
    *,
    split: str,
    seeds: int = 1,
    k: Sequence[int] = (10, 20),
    refit: bool = False,
    how: Training = Training(),
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Result]:
    """Fit and measure each model on each split.

    A model sees valid as `Training.valid`, where it may choose a handful of scalars, and never
    test. A user's train items are masked; the valid items stay candidates, as in the published
    tables of the MMRec family.

    Args:
        data: the whole log with its features.
        models: specs like "item-knn" or "item-knn:user_power=0.5".
        split: a name that `prismrec list splits` shows, or a column of labels.
        seeds: how many splits, seeded 0, 1, ...; for frozen labels only the models' seed changes.
        k: lengths of the lists.
        refit: fit on train and valid as one log, both masked, as a shop would before it goes live;
            such figures stand beside published ones, not among them.
        how: options of each fit; its seed and valid are those of the split.
        progress: called with (done, total, what) before each fit.

    Raises:
        UnknownName: for a model or split that does not exist, before anything is fitted.
        Leak: where the parts of the split overlap.
    """
    named = {spec: registry.build("models", spec) for spec in models}
    results: list[Result] = []
    for seed in range(seeds):
        parts = splits.split(data, split, seed=seed)
        task = _task(parts, replace(how, seed=seed, valid=None), refit=refit, k=k)
        for spec, model in named.items():
            if progress is not None:
                progress(len(results), seeds * len(named), f"{spec}, seed {seed}")
            results.append(_run(Result(spec, seed, split, refit), model, task))
    return results


def pooled(results: Sequence[Result], *, new_items: bool = False) -> dict[str, Evaluation]:
    """Each model's runs over all seeds as one evaluation; skipped runs are left out."""
    runs: dict[str, list[Evaluation]] = {}
    for result in results:
        run = result.new_items if new_items else result.evaluation
        if run is not None:
            runs.setdefault(result.model, []).append(run)
    return {model: pool(of_model) for model, of_model in runs.items()}


def as_json(results: Sequence[Result], *, shop: str) -> dict[str, Any]:
    """Every run, the runs of each model pooled, and how far each model is from the first one."""
    return {
        "shop": shop,
        "split": results[0].split if results else "",
        "results": [result.to_json() for result in results],
        "pooled": {
            "all_items": _table(pooled(results)),
            "new_items": _table(pooled(results, new_items=True)),
        },
    }


def _table(runs: dict[str, Evaluation]) -> dict[str, Any]:
    """Metrics of each model and, beside the first, paired differences from the first."""
    table: dict[str, Any] = {model: run.to_json() for model, run in runs.items()}
    first = next(iter(runs), "")
    for model, run in runs.items():
        if model != first and np.array_equal(run.users, runs[first].users):
            gaps = difference(run, runs[first])
            table[model]["from"] = first
            table[model]["difference"] = {name: gap._asdict() for name, gap in gaps.items()}
    return table


def _task(parts: splits.Split, how: Training, *, refit: bool, k: Sequence[int]) -> _Task:
    train, valid, test = parts
    leaks.repeats(test, train, names=("test", "train"))
    if not len(valid.interactions):
        return _Task(train, how, test, k)
    leaks.repeats(valid, train, names=("valid", "train"))
    leaks.repeats(test, valid, names=("test", "valid"))
    if refit:
        both = train.interactions.concatenated(valid.interactions)
        return _Task(train.with_interactions(both), how, test, k)
    return _Task(train, replace(how, valid=valid), test, k)


def _run(blank: Result, model: _Model, task: _Task) -> Result:
    start = time.perf_counter()
    try:
        ranker = model.fit(task.log, task.how)
    except (BadData, MissingPackage, TooLarge) as problem:
        return replace(blank, skipped=str(problem))
    seconds = time.perf_counter() - start
    log, test = task.log, task.test
    cold = cold_items(log)
    of_new = test.interactions.weight[np.isin(test.interactions.items, cold)]
    new_items = None
    if (of_new > 0).any():
        new_items = evaluate(ranker, test, seen=log, k=task.k, only=cold, seed=blank.seed)
    everything = evaluate(ranker, test, seen=log, k=task.k, seed=blank.seed)
    return replace(blank, fit_seconds=seconds, evaluation=everything, new_items=new_items)

"""Comparison: all that several models were found to be on one shop, for tables, pages and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from prismrec import __version__
from prismrec.data.dataset import Dataset
from prismrec.data.shop import Shop
from prismrec.data.split import Split
from prismrec.evaluation.compare import pooled
from prismrec.evaluation.cost import Cost
from prismrec.evaluation.drift import outpaced
from prismrec.evaluation.examples import Example, examples
from prismrec.evaluation.interest import Alignment, alignment
from prismrec.evaluation.knockout import KnockOut, knock_outs
from prismrec.evaluation.result import Evaluation
from prismrec.evaluation.run import Result, Task, task_of
from prismrec.evaluation.significance import Difference, compare_all
from prismrec.evaluation.strata import Stratum, strata
from prismrec.evaluation.strata import pool as pool_strata
from prismrec.train import Training

__all__ = ["Comparison", "Curve", "Standing", "comparison"]

DECISIVE = ("recall", "ndcg")  # metrics in which models are tested against each other


@dataclass(frozen=True)
class Curve:
    """How one fit went, epoch by epoch."""

    losses: tuple[float, ...]
    figures: tuple[float | None, ...]  # on valid, higher is better; None where not measured

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {"losses": list(self.losses), "figures": list(self.figures)}


@dataclass(frozen=True, eq=False)
class Standing:
    """How the models stand on one split; keys are models as they were asked for.

    `significance` has "all_items" and "new_items": every pair of models in recall and NDCG of the
    longest lists. Each metric of each is a family of its own in Holm's correction.
    """

    split: str
    all_items: Mapping[str, Evaluation]  # all seeds of a model as one
    new_items: Mapping[str, Evaluation]  # items without history among themselves; may be empty
    costs: Mapping[str, Cost]  # mean over the seeds
    curves: Mapping[str, Curve]  # of the first seed; only models that learn in epochs
    knock_outs: tuple[KnockOut, ...] = ()
    significance: Mapping[str, tuple[Difference, ...]] = field(default_factory=dict)
    strata: Mapping[str, tuple[Stratum, ...]] = field(default_factory=dict)  # all seeds as one
    alignment: Mapping[str, Alignment] = field(default_factory=dict)  # of the first seed
    examples: tuple[Example, ...] = ()  # of the first seed; empty without a shop

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        return {
            "split": self.split,
            "all_items": _plain(self.all_items),
            "new_items": _plain(self.new_items),
            "costs": _plain(self.costs),
            "curves": _plain(self.curves),
            "knock_outs": [each.to_json() for each in self.knock_outs],
            "significance": _each(self.significance),
            "strata": _each(self.strata),
            "alignment": _plain(self.alignment),
            "examples": [each.to_json() for each in self.examples],
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several models on one shop, under one protocol, on one split or several."""

    shop: str  # its name
    results: tuple[Result, ...]  # every run
    standings: tuple[Standing, ...]  # one per split
    folder: Path | None = None  # of the shop, where the pictures lie
    made: Mapping[str, str] = field(default_factory=dict)  # what a figure depends on, in words

    @property
    def skipped(self) -> dict[str, str]:
        """Why a model has no figures, by model; runs on damaged data are left out."""
        return {r.model: r.skipped for r in self.results if r.skipped and r.damage is None}

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        return {
            "shop": self.shop,
            "split": ",".join(standing.split for standing in self.standings),
            "made": dict(self.made),
            "results": [result.to_json() for result in self.results],
            "standings": [standing.to_json() for standing in self.standings],
        }


def comparison(
    results: Sequence[Result], data: Dataset, *, shop: Shop | None = None, name: str = ""
) -> Comparison:
    """Put together what the runs of one call of `compare` say.

    Args:
        results: what `compare` gave.
        data: what it was given.
        shop: whose titles and pictures the examples show; no examples without it.
        name: of the shop, where there is none.
    """
    by_split: dict[str, list[Result]] = {}
    for result in results:
        by_split.setdefault(result.split, []).append(result)
    standings = tuple(_standing(runs, data, shop) for runs in by_split.values())
    folder = None if shop is None else shop.path
    title = shop.name if shop is not None and not name else name
    return Comparison(title, tuple(results), standings, folder, _made(data))


def _made(data: Dataset) -> dict[str, str]:
    """The version, the size of the data, and what made the vectors."""
    size = f"{len(data.interactions)} by {data.n_users} users of {data.n_items} items"
    encoders = {
        f"{side} {name}": feature.encoder or "ready vectors"
        for side, features in (("item", data.items), ("user", data.users))
        for name, feature in features.items()
    }
    return {"prismrec": __version__, "interactions": size, **encoders}


def _standing(results: Sequence[Result], data: Dataset, shop: Shop | None) -> Standing:
    whole = [r for r in results if r.damage is None]
    refit, split = whole[0].refit, whole[0].split
    tasks = {
        seed: task_of(data, split, Training(seed=seed), refit=refit)
        for seed in dict.fromkeys(r.seed for r in whole)
    }
    first = [r for r in whole if r.seed == whole[0].seed]
    task = tasks[whole[0].seed]
    all_items, new_items = pooled(whole), pooled(whole, new_items=True)
    for model, warning in _outpaced(first, task).items():
        run = all_items[model]
        all_items[model] = replace(run, notes=(*run.notes, f"{model}: {warning}"))
    return Standing(
        split,
        all_items=all_items,
        new_items=new_items,
        costs=_costs(whole),
        curves={r.model: curve for r in first if (curve := _curve(r)) is not None},
        knock_outs=knock_outs(results),
        significance={
            "all_items": _significance(all_items),
            "new_items": _significance(new_items),
        },
        strata=_strata(whole, tasks),
        alignment={
            r.model: alignment(r.evaluation, train=task.log, test=task.test)
            for r in first
            if r.evaluation is not None
        },
        examples=() if shop is None else examples(first, task, shop),
    )


def _outpaced(results: Sequence[Result], task: Task) -> dict[str, str]:
    """Warnings of models that popularity of late would beat; none where valid went into the fit."""
    if task.how.valid is None:
        return {}
    runs = {r.model: r.evaluation for r in results if r.evaluation is not None}
    parts = Split(task.log, task.how.valid, task.test)
    return outpaced(runs, parts, seed=task.how.seed)


def _costs(results: Sequence[Result]) -> dict[str, Cost]:
    of_model: dict[str, list[Cost]] = {}
    for result in results:
        if result.cost is not None:
            of_model.setdefault(result.model, []).append(result.cost)
    return {model: _mean(costs) for model, costs in of_model.items()}


def _mean(costs: Sequence[Cost]) -> Cost:
    seconds = float(np.mean([cost.fit_seconds for cost in costs]))
    sizes = [cost.fit_bytes for cost in costs if cost.fit_bytes is not None]
    times = [cost.user_ms for cost in costs if cost.user_ms is not None]
    size = round(float(np.mean(sizes))) if sizes else None
    return Cost(seconds, size, float(np.mean(times)) if times else None)


def _curve(result: Result) -> Curve | None:
    losses = result.about.get("losses")
    if not losses:
        return None
    return Curve(tuple(losses), tuple(result.about.get("figures", ())))


def _strata(results: Sequence[Result], tasks: Mapping[int, Task]) -> dict[str, tuple[Stratum, ...]]:
    of_model: dict[str, list[tuple[Stratum, ...]]] = {}
    for result in results:
        if result.evaluation is not None:
            task = tasks[result.seed]
            found = strata(result.evaluation, train=task.log, test=task.test)
            of_model.setdefault(result.model, []).append(found)
    return {model: pool_strata(runs) for model, runs in of_model.items()}


def _significance(runs: Mapping[str, Evaluation]) -> tuple[Difference, ...]:
    """Every pair of models that were measured on the same users, in the metrics that decide."""
    if not runs:
        return ()
    most = max(runs.values(), key=lambda run: len(run.users))  # a skipped seed leaves fewer
    alike = {m: run for m, run in runs.items() if np.array_equal(run.users, most.users)}
    k = most.items.shape[1]
    return tuple(found for name in DECISIVE for found in compare_all(alike, f"{name}@{k}"))


def _each(values: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {name: [value.to_json() for value in each] for name, each in values.items()}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.to_json() for name, value in values.items()}

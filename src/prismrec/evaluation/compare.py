"""compare: several models on the same splits of one data set, under one protocol."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

from prismrec import __version__, registry
from prismrec.data import split as splits
from prismrec.data.dataset import Dataset
from prismrec.data.fingerprint import fingerprint
from prismrec.evaluation.knockout import damages
from prismrec.evaluation.record import Runs
from prismrec.evaluation.result import Evaluation, pool
from prismrec.evaluation.run import LEVEL, Damage, Fittable, Result, Task, run, spoilt, task_of
from prismrec.train import Training

__all__ = ["compare", "pooled"]

APART = ("seed", "valid", "checkpoint", "progress")  # options that do not tell kept runs apart


def compare(
    data: Dataset,
    models: Sequence[str],
    *,
    split: str | Sequence[str],
    seeds: int = 1,
    k: Sequence[int] = (10, 20),
    refit: bool = False,
    knock_out: Sequence[str] = (),
    how: Training = Training(),
    runs: Runs | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Result]:
    """Fit and measure each model on each split.

    A model sees valid as `Training.valid`, where it may choose a handful of scalars, and never
    test. A user's train items are masked; the valid items stay candidates, as in the published
    tables of the MMRec family.

    Args:
        data: the whole log with its features.
        models: specs like "item-knn" or "item-knn:user_power=0.5".
        split: a name that `prismrec list splits` shows or a column of labels; or several.
        seeds: how many splits, seeded 0, 1, ...; for frozen labels only the models' seed changes.
        k: lengths of the lists.
        refit: fit on train and valid as one log, both masked, as a shop would before it goes live;
            such figures stand beside published ones, not among them.
        knock_out: ways to damage each modality in turn, keys of `damage.DAMAGES`; every model is
            fitted again for each modality and way.
        how: options of each fit; its seed and valid are those of the split.
        runs: where finished runs are kept and looked up; nowhere where None.
        progress: called with (done, total, what) before each fit.

    Raises:
        UnknownName: for a model, split or knock-out that does not exist, before anything is fitted.
        Leak: where the parts of a split overlap.
        BadData: where a run cannot be kept.
    """
    named = {spec: registry.build("models", spec) for spec in models}
    by = list(dict.fromkeys([split] if isinstance(split, str) else split))
    hurt = (None, *damages(data, knock_out))
    for name in by[1:]:  # a typo in the last is found before the first is fitted
        splits.split(data, name)
    call = _Call(tuple(sorted(set(k))), "" if runs is None else fingerprint(data), runs)
    total = len(by) * seeds * len(hurt) * len(named)
    results: list[Result] = []
    for name, seed, damage in itertools.product(by, range(seeds), hurt):
        case = _Case(data, name, replace(how, seed=seed), refit=refit, damage=damage)
        for spec, model in named.items():
            if progress is not None:
                progress(len(results), total, case.told(spec, alone=len(by) == 1))
            results.append(call.result(case, spec, model))
    return results


def pooled(results: Sequence[Result], *, new_items: bool = False) -> dict[str, Evaluation]:
    """Each model's whole runs over all seeds of one split as one evaluation.

    Runs that were skipped and those on damaged data are left out.
    """
    runs: dict[str, list[Evaluation]] = {}
    for result in results:
        run = result.new_items if new_items else result.evaluation
        if run is not None and result.damage is None:
            runs.setdefault(result.model, []).append(run)
    return {model: pool(of_model) for model, of_model in runs.items()}


@dataclass(frozen=True, eq=False)
class _Case:
    """One split with one seed, of the whole data or of damaged."""

    data: Dataset
    split: str
    how: Training
    refit: bool
    damage: Damage | None

    @cached_property
    def task(self) -> Task:
        """What each model is given; cut only where a run was not kept."""
        task = task_of(self.data, self.split, self.how, refit=self.refit)
        return task if self.damage is None else spoilt(task, self.damage)

    def told(self, spec: str, *, alone: bool) -> str:
        where = "" if alone else f", {self.split}"
        what = "" if self.damage is None else f", {self.damage}"
        return f"{spec}{where}, seed {self.how.seed}{what}"


@dataclass(frozen=True, eq=False)
class _Call:
    """What is common to all runs of one call."""

    k: tuple[int, ...]
    data: str  # fingerprint, where runs are kept
    runs: Runs | None

    def result(self, case: _Case, spec: str, model: Fittable) -> Result:
        """The run that was kept, or a new one."""
        blank = Result(spec, case.how.seed, case.split, case.refit, case.damage)
        if self.runs is None:
            return run(blank, model, case.task, k=self.k)
        identity = self._identity(blank, model, case.how)
        found = self.runs.find(blank, identity)
        if found is None:
            found = run(blank, model, case.task, k=self.k)
            if not found.skipped:  # what was missing may be there next time
                self.runs.keep(found, identity)
        return found

    def _identity(self, blank: Result, model: Fittable, how: Training) -> Mapping[str, Any]:
        """All that decides what comes of a run."""
        options = {f.name: getattr(how, f.name) for f in fields(how) if f.name not in APART}
        return {
            "data": self.data,
            "model": [blank.model, repr(model) if is_dataclass(model) else ""],
            "split": blank.split,
            "seed": blank.seed,
            "refit": blank.refit,
            "damage": blank.damage and [*blank.damage, LEVEL],
            "k": list(self.k),
            "training": options,
            "metrics": [*registry.names("metrics"), *registry.names("list-metrics")],
            "version": __version__,
        }

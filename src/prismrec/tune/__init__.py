"""tune: the best settings of a model, chosen on valid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from prismrec import registry
from prismrec.data import split as splits
from prismrec.data.dataset import Dataset
from prismrec.data.fingerprint import fingerprint
from prismrec.errors import BadData, Leak
from prismrec.evaluation import leaks
from prismrec.train import Training
from prismrec.tune.result import Trial, Tuned
from prismrec.tune.search import Plan, search, searchable

__all__ = ["Trial", "Tuned", "tune"]

SHOWN = 16  # digits of a fingerprint


def tune(
    data: Dataset,
    model: str,
    *,
    split: str,
    trials: int = 30,
    seconds: float | None = None,
    metric: str = "recall@20",
    study: str | Path | None = None,
    how: Training = Training(),
    progress: Callable[[int, int, str], None] | None = None,
) -> Tuned:
    """Search the settings of a model that do best on valid; `searched` fields say where.

    The log is split as `compare` splits it first, and its test part is put away before anything
    is tried. The first trial has the defaults, so the best is never below them on valid. The
    tree-structured Parzen estimator (J. Bergstra and others 2011) suggests the others; one that is
    below the median of the others at the same epoch is given up.

    Args:
        data: the whole log with its features.
        model: a spec like "lightgcn" or "lightgcn:dim=32"; fields that it gives stay as they are.
        split: a name that `prismrec list splits` shows, or a column of labels.
        trials: how many at most, those already in `study` counted.
        seconds: after which no further trial is begun; the default is always tried.
        metric: a registered metric and a length, joined by "@".
        study: SQLite file in which a search that was killed goes on, for one process at a time;
            made where there is none.
        how: options of each fit; its seed also makes the suggestions, its valid is that of the
            split.
        progress: called with (done, total, what) before each trial and after each epoch.

    Raises:
        BadData: where the model has nothing to search, the split no valid part, or `study` is a
            file of another search.
        Leak: where the parts of the split overlap, or `data` is a test part already.
        MissingPackage: where Optuna is not installed.
        UnknownName: for a model, field, split or metric that does not exist.
    """
    built, spaces = searchable(model)
    _check(metric, trials)
    train, valid = _parts(data, split)
    identity = _identity(data, model, split=split, metric=metric, how=how)
    identity["spaces"] = "; ".join(f"{name} {space}" for name, space in spaces.items())
    how = replace(how, valid=None, checkpoint=None)
    file = None if study is None else Path(study)
    plan = Plan(built, spaces, metric, trials, seconds, how, file, identity)
    found, importance = search(train, valid, plan, progress=progress)
    return Tuned(model, split, metric, identity["data"], found, importance)


def _identity(
    data: Dataset, model: str, *, split: str, metric: str, how: Training
) -> dict[str, str]:
    """What all trials of a study have in common."""
    options = f"seed {how.seed}, epochs {how.epochs}, patience {how.patience}, {how.precision}"
    name = fingerprint(data)[:SHOWN]
    return {"model": model, "data": name, "split": split, "metric": metric, "training": options}


def _check(metric: str, trials: int) -> None:
    name, _, size = metric.partition("@")
    registry.load("metrics", name)
    if not size.isdigit() or int(size) < 1:
        raise BadData(f"{metric!r} is no metric with a length of lists, such as recall@20")
    if trials < 1:
        raise BadData(f"trials must be 1 or more, not {trials}")


def _parts(data: Dataset, split: str) -> tuple[Dataset, Dataset]:
    """Train and valid; test is only looked at to see that it is apart from both."""
    if data.part == "test":
        raise Leak("this is the test part of a split: settings are chosen on valid; give the whole")
    train, valid, test = splits.split(data, split)
    if not len(valid.interactions):
        raise BadData(f"the split {split!r} has no valid part, and on test nothing is ever chosen")
    leaks.parts(train, valid, test)
    return train, valid

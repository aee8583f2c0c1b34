"""What each modality knows that the others do not: of the log, and for recommending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.evaluation.agreement import components
from prismrec.evaluation.clusters import spread
from prismrec.evaluation.intervals import Interval, bootstrap
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.result import Evaluation, difference
from prismrec.graph.ridge import ridge
from prismrec.types import Bools, Doubles, Floats, Ints

__all__ = ["Explained", "Worth", "explained", "judged", "worth"]

FOLDS = 5
COMPONENTS = 64  # of each modality that the regression reads
MOST = 5000  # items; of more, a sample is looked at
FEWEST = 50  # items below which nothing is said


@dataclass(frozen=True)
class Explained:
    """Share of where items stand in behaviour that a modality foretells; of items not learnt from.

    May be below 0, where knowing nothing would have foretold better.
    """

    alone: Mapping[str, Interval]  # by each modality
    unique: Mapping[str, Interval]  # what is lost without it
    together: Interval  # by all
    shared: float  # foretold by all, and by no modality uniquely
    n: int  # items that have everything

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "alone": {name: value._asdict() for name, value in self.alone.items()},
            "unique": {name: value._asdict() for name, value in self.unique.items()},
            "together": self.together._asdict(),
            "shared": self.shared,
            "n_items": self.n,
        }


def explained(
    items: Mapping[str, Feature], behaviour: Feature, *, seed: int = 0
) -> Explained | None:
    """Foretell behaviour from each modality, from all, and from all but one; by ridge, five folds.

    Behaviour is compared by direction. Each modality is shortened to 64 principal components, which
    know nothing of the log. Items take part that have all modalities and behaviour, 5,000 at most;
    None where fewer than 50 do. unique = R2(all) - R2(all but it); shared = R2(all) - all uniques,
    below 0 where modalities help each other more than they repeat.
    """
    able = behaviour.observed.copy()
    for feature in items.values():
        able &= feature.observed
    rows, rng = np.flatnonzero(able), np.random.default_rng(seed)
    if len(rows) < FEWEST or not items:
        return None
    rows = rng.permutation(rows)[:MOST]
    target = spread(behaviour.take(rows))
    parts = {name: components(spread(f.take(rows)), COMPONENTS) for name, f in items.items()}
    fold = np.arange(len(rows)) % FOLDS
    gain = {names: _gain(parts, names, target, fold) for names in _coalitions(tuple(items))}
    everything = tuple(items)
    columns = [gain[everything], *(gain[name,] for name in items)]
    columns += [gain[everything] - gain[_without(everything, name)] for name in items]
    together, *rest = bootstrap(np.column_stack(columns), rows, seed=seed)
    alone = dict(zip(items, rest[: len(items)], strict=True))
    unique = dict(zip(items, rest[len(items) :], strict=True))
    shared = together.mean - sum(each.mean for each in unique.values())
    return Explained(alone, unique, together, float(shared), len(rows))


def _coalitions(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    everything = {names, *((name,) for name in names), *(_without(names, name) for name in names)}
    yield from sorted(everything)


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in names if each != name)


def _gain(
    parts: Mapping[str, Floats], names: tuple[str, ...], target: Floats, fold: Ints
) -> Doubles:
    """(n,) what each item adds to R2: its error by the mean less its error by the modalities."""
    before, after = np.zeros(len(target)), np.zeros(len(target))
    for out in range(FOLDS):
        test: Bools = fold == out
        middle = target[~test].mean(axis=0)
        guess = np.broadcast_to(middle, target[test].shape)
        if names:
            inputs = np.hstack([parts[name] for name in names])
            slope, start = ridge(inputs[~test], target[~test], np.ones(int((~test).sum()), "f4"))
            guess = inputs[test] @ slope + start
        before[test] = ((target[test] - middle) ** 2).sum(axis=1)
        after[test] = ((target[test] - guess) ** 2).sum(axis=1)
    return np.asarray((before - after) / max(float(before.mean()), 1e-12))


@dataclass(frozen=True)
class Worth:
    """What a modality is worth to a recommender that goes by likeness alone."""

    alone: Interval  # the figure with this modality only
    adds: Interval | None  # the figure of all less that of all but it, by user; None with one only

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        adds = None if self.adds is None else self.adds._asdict()
        return {"alone": self.alone._asdict(), "adds": adds}


def judged(
    train: Dataset, held_out: Dataset, *, k: int = 20, seed: int = 0
) -> dict[tuple[str, ...], Evaluation]:
    """Evaluations of `content-knn` by each modality, by all, and by all but one.

    Keys are the modalities in use. `content-knn` is used because it has nothing to learn and so
    shows what the media say; where all are present each counts alike, so a poor one can cost.
    """
    found = {}
    for names in filter(None, _coalitions(train.modalities)):
        model = registry.build("models", f"content-knn:modality={'+'.join(names)}")
        ranker, metrics = model.fit(train), ["recall", "ndcg"]
        found[names] = evaluate(ranker, held_out, seen=train, k=k, metrics=metrics, seed=seed)
    return found


def worth(runs: Mapping[tuple[str, ...], Evaluation], metric: str) -> dict[str, Worth]:
    """What each modality is worth, from the runs of `judged`."""
    everything = max(runs, key=len)
    out = {}
    for name in everything:
        rest = runs.get(_without(everything, name))
        adds = None if rest is None else difference(runs[everything], rest)[metric]
        out[name] = Worth(runs[name,].metrics[metric], adds)
    return out

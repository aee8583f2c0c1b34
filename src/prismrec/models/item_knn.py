"""Item-kNN: items used by the same people, each pair weighted by who made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from prismrec.data.dataset import Dataset
from prismrec.data.sketch import sketch
from prismrec.graph.cooccurrence import capped, cooccurrence, n_pairs
from prismrec.graph.normalise import scaled
from prismrec.graph.support import popularity
from prismrec.holdout import HeldOut, choose, hold_out, without
from prismrec.rankers import ItemWeights, Part
from prismrec.search_space import searched
from prismrec.train import Training
from prismrec.types import Csr, Floats, Ints

__all__ = ["ItemKnn"]

ALL = 1 << 26  # pairs up to which every relation is kept: half a GiB
MANY = 256  # relations kept per past item beyond that
WORK = 1 << 31  # pairs counted at most; beyond that the longest histories are thinned
SAMPLE = 500  # people whose best scores say how large scores are
TIE = 1e-5  # share of popularity that decides between equals and nothing else

# Where the search begins, and what it tries. Popularity is relative to the best score of a person.
START = {
    "user_power": 0.5,
    "source_power": 0.5,
    "target_power": 0.2,
    "shrinkage": 20.0,
    "popularity": 0.1,
}
MOVES = (
    {"target_power": (0.0, 0.2, 0.4), "popularity": (TIE, 0.01, 0.03, 0.1, 0.3)},
    {"user_power": (0.25, 0.5, 1.0, 1.5)},
    {"source_power": (0.3, 0.5, 0.7, 0.9), "shrinkage": (1.0, 10.0, 40.0)},
)
TRIAL = 1 << 24  # scores of one trial, which says how many people it asks
PEOPLE = (500, 2000)  # at least and at most


@dataclass(frozen=True)
class ItemKnn:
    """Score = sum over the history of a weighted co-occurrence with the item.

    C = R^T D^-user_power R with zero diagonal, R being the users by items matrix of ones and D
    the number of items of each user. Past item i speaks for item j with
    C_ij / ((d_i + shrinkage)^source_power (d_j + shrinkage)^target_power), d being the number of
    users of an item. To this comes popularity x d_j / max d. What is None is chosen by a
    coordinate search on choices held out from train, or on `how.valid` where it is given.

    Beyond 67 million pairs each past item keeps its 256 strongest relations. Beyond two billion
    the longest histories are thinned at random to one length, so that a few users with thousands
    of items do not decide how long a fit takes.

    Relations: user_power 0 and both other powers 1/2 is cosine item-kNN (Sarwar et al. 2001).
    `ease` also knows which past items say the same twice; `content-knn` has this form over media.
    """

    user_power: float | None = searched(None, 0.0, 2.0)  # how far long histories count less
    shrinkage: float | None = searched(None, 0.1, 1e3, log=True)  # users added to each item
    source_power: float | None = searched(None, 0.0, 1.0)  # how far a much used past item says less
    target_power: float | None = searched(None, 0.0, 1.0)  # how far a much used item is held back
    popularity: float | None = None  # weight of the number of users, the largest being 1
    neighbours: int | None = None  # relations kept per past item; None: all while they fit

    def fit(self, train: Dataset, how: Training = Training()) -> ItemWeights:
        """Choose what was left open, then count the pairs."""
        matrix = capped(train.matrix(), WORK, seed=how.seed)
        given = {name: getattr(self, name) for name in START}
        settings = {name: value for name, value in given.items() if value is not None}
        if len(settings) < len(given):
            people = int(np.clip(TRIAL // max(1, train.n_items), *PEOPLE))
            settings = _chosen(settings, hold_out(train, how, people=people), how.seed)
        degree = train.item_support().astype(np.float32)
        relation = cooccurrence(
            matrix,
            user_power=settings["user_power"],
            scales=_scales(degree, settings),
            top=self.neighbours or (None if n_pairs(matrix) <= ALL else MANY),
        )
        part = Part("used together", "behaviour", relation)
        bias = np.float32(settings["popularity"]) * popularity(degree)
        about = {"model": "item-knn", "neighbours": self.neighbours, **settings}
        about["fitted_on"] = sketch(train)
        return ItemWeights((part,), bias, about=about)


def _scales(degree: Floats, settings: Mapping[str, float]) -> tuple[Floats, Floats]:
    """(n_items,) factors of the past items and of the items."""
    users = np.maximum(degree + np.float32(settings["shrinkage"]), np.float32(1))
    source, target = settings["source_power"], settings["target_power"]
    return users ** -np.float32(source), users ** -np.float32(target)


def _chosen(fixed: Mapping[str, float], held: HeldOut, seed: int) -> dict[str, float]:
    """The fixed settings and the rest, chosen."""
    trials = _Trials.of(held, seed)

    def gain(settings: Mapping[str, float]) -> float:
        absolute = trials.absolute(settings, fixed)
        each = held.train.n_items / max(1, len(trials.items))
        return held.gain(lambda past: trials.scores(past, absolute), trials.items, each=each)

    best = choose(gain, {**START, **fixed}, without(MOVES, fixed))
    return trials.absolute(best, fixed)


@dataclass(frozen=True, eq=False)
class _Trials:
    """Scores of many settings, where only some pairs are counted.

    The past items are those of held-out people. The items to rank are all of them, or in a large
    catalogue the choices and a random sample.
    """

    held: HeldOut
    matrix: Csr
    past: Ints  # sorted
    items: Ints  # sorted
    counts: dict[float, Csr | Floats] = field(default_factory=dict)  # by user power
    units: dict[tuple[float, ...], float] = field(default_factory=dict)  # by settings

    @classmethod
    def of(cls, held: HeldOut, seed: int) -> _Trials:
        matrix = capped(held.train.matrix(), WORK, seed=seed)
        n = min(held.train.n_items, TRIAL // max(1, len(held)))
        rivals = np.random.default_rng(seed).choice(held.train.n_items, n, replace=False)
        items = np.union1d(rivals, held.choices.values)
        return cls(held, matrix, np.unique(held.query.history.values), items)

    @cached_property
    def degree(self) -> Floats:
        return self.held.train.item_support().astype(np.float32)

    @cached_property
    def popularity(self) -> Floats:
        return popularity(self.degree)[self.items]

    def absolute(
        self, settings: Mapping[str, float], fixed: Mapping[str, float]
    ) -> dict[str, float]:
        """The settings with popularity in units of the score, unless it was given so."""
        if "popularity" in fixed:
            return dict(settings)
        key = tuple(value for name, value in settings.items() if name != "popularity")
        if key not in self.units:
            self.units[key] = self._unit({**settings, "popularity": 0.0})
        return {**settings, "popularity": settings["popularity"] * self.units[key]}

    def _unit(self, settings: Mapping[str, float]) -> float:
        """Mean over some people of the best score of an item that is new to them."""
        history = self.held.query.history.take(np.arange(min(SAMPLE, len(self.held))))
        matrix = history.to_csr(len(self.degree))
        scores = self.scores(matrix, settings)
        scores[matrix[:, self.items].nonzero()] = 0
        mean = float(scores.max(axis=1, initial=0).sum()) / max(1, len(scores))
        return float(f"{mean:.1g}") or 1.0  # round, so that the chosen setting reads well

    def scores(self, history: Csr, settings: Mapping[str, float]) -> Floats:
        """(n, len(items)) scores of histories (n, n_items)."""
        source, target = _scales(self.degree, settings)
        past = scaled(history, columns=source)[:, self.past]
        out = past @ self._counts(settings["user_power"])
        scores: Floats = np.asarray(out.toarray() if sparse.issparse(out) else out, np.float32)
        scores *= target[self.items]
        scores += np.float32(settings["popularity"]) * self.popularity
        return scores

    def _counts(self, user_power: float) -> Csr | Floats:
        """(len(past), len(items)) weighted pairs; dense where that multiplies faster."""
        if user_power not in self.counts:
            weight = np.maximum(np.diff(self.matrix.indptr), 1) ** -np.float32(user_power)
            items = scaled(self.matrix, weight)[:, self.items]
            pairs = sparse.csr_array(self.matrix[:, self.past].T) @ items
            size = len(self.past) * len(self.items)
            crowded = size < ALL and pairs.nnz > size / 32
            self.counts[user_power] = pairs.toarray() if crowded else pairs
        return self.counts[user_power]

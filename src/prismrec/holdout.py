"""Held-out choices: what a model may look at to choose its own hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.rankers import Query
from prismrec.train import Training
from prismrec.types import Csr, Floats, Ints

__all__ = ["HeldOut", "choose", "hold_out"]

SCORES = 1 << 24  # scores of one trial: people are sampled so that a trial stays near this
FEWEST, MOST = 500, 5000  # people in a trial
BLOCK = 1 << 22  # scores held at once
HALF = 20.0  # rank at which a choice gains half


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Choices that a model has not seen, and what it may know when it ranks them."""

    train: Dataset  # the log without the choices
    query: Query  # (n,) people with the rest of their histories
    choices: Jagged  # n rows of items

    def __len__(self) -> int:
        return len(self.query)

    def gain(self, score: Callable[[Csr], Floats]) -> float:
        """How high `score` ranks the choices, 0 to 1: the mean over people.

        A choice at rank r (0 is the best) gains 20 / (20 + r), which is smoother than recall, so
        fewer people tell two settings apart. Among equals it ranks last, and so does NaN.

        Args:
            score: history (b, n_items) -> scores (b, n_items), which are overwritten.
        """
        size = max(1, BLOCK // max(1, self.train.n_items))
        starts = range(0, len(self), size)
        rows = (np.arange(start, min(start + size, len(self))) for start in starts)
        total = sum(float(self._gains(score, block).sum()) for block in rows)
        return total / max(1, len(self))

    def _gains(self, score: Callable[[Csr], Floats], rows: Ints) -> Floats:
        history, choices = self.query.history.take(rows), self.choices.take(rows)
        scores = score(history.to_csr(self.train.n_items))
        own = scores[choices.rows, choices.values][:, None]
        scores[history.rows, history.values] = -np.inf
        rivals = scores if len(choices.values) == len(rows) else scores[choices.rows]
        rank = (rivals >= own).sum(axis=1) - 1
        rank[np.isnan(own[:, 0])] = scores.shape[1]
        gains = np.bincount(choices.rows, HALF / (HALF + rank), minlength=len(rows))
        return np.asarray(gains / choices.lengths, np.float32)


def hold_out(train: Dataset, how: Training) -> HeldOut:
    """The choices in `how.valid`; where there is none, one item of each of some users of train.

    From train it is the latest item where the log has times, else a random one; users with a
    single item are left alone. There may be no choice at all in a very small log.
    """
    rng = np.random.default_rng(how.seed)
    if how.valid is not None:
        return _from_valid(train, how.valid, rng)
    histories, _ = train.interactions.histories(train.n_users)
    users = _sample(np.flatnonzero(np.diff(train.matrix().indptr) > 1), train.n_items, rng)
    last = histories.offsets[users + 1] - 1
    if train.interactions.time is None:
        last -= (rng.random(len(users)) * histories.lengths[users]).astype(np.int64)
    items = histories.values[last]
    rest = train.with_interactions(_without(train.interactions, users, items, train.n_items))
    choices = Jagged(items, np.arange(len(users) + 1, dtype=np.int64))
    return HeldOut(rest, Query.of(rest, users), choices)


def _from_valid(train: Dataset, valid: Dataset, rng: np.random.Generator) -> HeldOut:
    wanted = valid.matrix() - valid.matrix().multiply(train.matrix())
    wanted.eliminate_zeros()
    users = _sample(np.flatnonzero(np.diff(wanted.indptr)), train.n_items, rng)
    rows = wanted[users]
    choices = Jagged(rows.indices.astype(np.int64), rows.indptr.astype(np.int64))
    return HeldOut(train, Query.of(train, users), choices)


def _sample(users: Ints, n_items: int, rng: np.random.Generator) -> Ints:
    n = min(len(users), max(FEWEST, min(MOST, SCORES // max(1, n_items))))
    return np.sort(rng.choice(users, n, replace=False)).astype(np.int64)


def _without(log: Interactions, users: Ints, items: Ints, n_items: int) -> Interactions:
    return log.take(~np.isin(log.users * n_items + log.items, users * n_items + items))


def choose(
    gain: Callable[[Mapping[str, float]], float],
    start: Mapping[str, float],
    candidates: Mapping[str, Sequence[float]],
    *,
    sweeps: int = 2,
) -> dict[str, float]:
    """The settings that gain most in a coordinate search.

    One name after the other gets its best candidate while the others stay, until a sweep changes
    nothing. A name without candidates keeps its start.
    """
    best = dict(start)
    known: dict[tuple[float, ...], float] = {}

    def tried(settings: Mapping[str, float]) -> float:
        key = tuple(settings.values())
        if key not in known:
            known[key] = gain(settings)
        return known[key]

    for _ in range(sweeps):
        before = dict(best)
        for name, values in candidates.items():
            trials = [best] + [best | {name: value} for value in values]
            best = max(trials, key=tried)
        if best == before:
            break
    return best

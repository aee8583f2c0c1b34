"""Held-out choices: what a model may look at to choose its own hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.rankers import Query
from prismrec.train import Training
from prismrec.types import Csr, Floats, Ints

__all__ = ["HeldOut", "choose", "hold_out", "without"]

BLOCK = 1 << 22  # scores held at once
DEPTH = 100  # ranks from which on a choice gains nothing


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

        A choice at rank r (0 is the best) gains 1 / log2(r + 2) as in NDCG, nothing from rank 100
        on. That reaches deeper than what is reported, so fewer people tell two settings apart.
        Among equals a choice ranks last, and so does NaN.

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
        gain = np.where(rank < DEPTH, 1 / np.log2(rank + 2), 0)
        gains = np.bincount(choices.rows, gain, minlength=len(rows))
        return np.asarray(gains / choices.lengths, np.float32)


def hold_out(train: Dataset, how: Training, *, people: int = 5000) -> HeldOut:
    """The choices in `how.valid`; where there is none, one item of each of some users of train.

    At most `people` users are drawn.

    From train it is the latest item where the log has times, else a random one; users with a
    single item are left alone. There may be no choice at all in a very small log.
    """
    rng = np.random.default_rng(how.seed)
    if how.valid is not None:
        return _from_valid(train, how.valid, people, rng)
    histories, _ = train.interactions.histories(train.n_users)
    users = _sample(np.flatnonzero(np.diff(train.matrix().indptr) > 1), people, rng)
    last = histories.offsets[users + 1] - 1
    if train.interactions.time is None:
        last -= (rng.random(len(users)) * histories.lengths[users]).astype(np.int64)
    items = histories.values[last]
    rest = train.with_interactions(_without(train.interactions, users, items, train.n_items))
    choices = Jagged(items, np.arange(len(users) + 1, dtype=np.int64))
    return HeldOut(rest, Query.of(rest, users), choices)


def _from_valid(train: Dataset, valid: Dataset, people: int, rng: np.random.Generator) -> HeldOut:
    wanted = valid.matrix() - valid.matrix().multiply(train.matrix())
    wanted.eliminate_zeros()
    users = _sample(np.flatnonzero(np.diff(wanted.indptr)), people, rng)
    rows = wanted[users]
    choices = Jagged(rows.indices.astype(np.int64), rows.indptr.astype(np.int64))
    return HeldOut(train, Query.of(train, users), choices)


def _sample(users: Ints, people: int, rng: np.random.Generator) -> Ints:
    chosen = rng.choice(users, min(len(users), people), replace=False)
    return np.sort(chosen).astype(np.int64)


def _without(log: Interactions, users: Ints, items: Ints, n_items: int) -> Interactions:
    return log.take(~np.isin(log.users * n_items + log.items, users * n_items + items))


def choose(
    gain: Callable[[Mapping[str, float]], float],
    start: Mapping[str, float],
    moves: Sequence[Mapping[str, Sequence[float]]],
    *,
    sweeps: int = 2,
) -> dict[str, float]:
    """The settings that gain most in a coordinate search.

    One move after the other takes the best combination of its candidates while all else stays,
    until a sweep changes nothing.

    Args:
        gain: settings -> what is to be large; asked once for each.
        start: every setting; one that no move names stays as it is.
        moves: each gives candidates by name; names that trade off belong into one move.
        sweeps: how often to go through the moves at most.
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
        for move in moves:
            trials = [
                {**best, **dict(zip(move, values, strict=True))}
                for values in product(*move.values())
            ]
            best = max([best, *trials], key=tried)
        if best == before:
            break
    return best


def without(
    moves: Sequence[Mapping[str, Sequence[float]]], fixed: Mapping[str, float]
) -> list[dict[str, Sequence[float]]]:
    """The moves without the names that are fixed."""
    left = [{name: move[name] for name in move if name not in fixed} for move in moves]
    return [move for move in left if move]

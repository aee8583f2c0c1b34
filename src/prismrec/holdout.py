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

    def gain(
        self, score: Callable[[Csr], Floats], items: Ints | None = None, *, each: float = 1.0
    ) -> float:
        """How high `score` ranks the choices, 0 to 1: the mean over people.

        A choice at rank r (0 is the best) gains 1 / log2(r + 2) as in NDCG, nothing from rank 100
        on. That reaches deeper than what is reported, so fewer people tell two settings apart.
        Among equals a choice ranks last, and so does NaN or an item that is not scored.

        Args:
            score: history (b, n_items) -> scores (b, c), which are overwritten.
            items: (c,) sorted items that are scored; all where None.
            each: how many items of the catalogue one scored item stands for.
        """
        n_items = self.train.n_items
        column = np.arange(n_items)
        if items is not None:
            column = np.full(n_items, -1)
            column[items] = np.arange(len(items))
        size = max(1, BLOCK // max(1, n_items if items is None else len(items)))
        total = 0.0
        for start in range(0, len(self), size):
            rows = np.arange(start, min(start + size, len(self)))
            history, choices = self.query.history.take(rows), self.choices.take(rows)
            scores = score(history.to_csr(n_items))
            rank = each * _ranks(scores, _placed(history, column), _placed(choices, column))
            gains = np.where(rank < DEPTH, 1 / np.log2(rank + 2), 0)
            total += float((gains / choices.lengths[choices.rows]).sum())
        return total / max(1, len(self))


def _placed(items: Jagged, column: Ints) -> Jagged:
    return Jagged(column[items.values], items.offsets)


def _ranks(scores: Floats, history: Jagged, choices: Jagged) -> Floats:
    """How many columns score at least as high as each choice; inf for a choice not scored."""
    own = scores[choices.rows, choices.values]
    own[choices.values < 0] = np.nan
    seen = history.values >= 0
    scores[history.rows[seen], history.values[seen]] = -np.inf
    rivals = scores if len(own) == len(scores) else scores[choices.rows]
    rank = (rivals >= own[:, None]).sum(axis=1) - 1.0
    return np.where(np.isnan(own), np.inf, rank).astype(np.float32)


def hold_out(train: Dataset, how: Training, *, people: int = 5000) -> HeldOut:
    """The choices in `how.valid`; where there is none, one item of each of some users of train.

    At most `people` users are drawn. From train it is the latest item where the log has times,
    else a random one; users with a single item are left alone. There may be no choice at all in
    a very small log.
    """
    rng = np.random.default_rng(how.seed)
    if how.valid is not None:
        return _from_valid(train, how.valid, people, rng)
    log = train.interactions
    users = _sample(np.flatnonzero(np.diff(train.matrix().indptr) > 1), people, rng)
    rows = _rows_of(log, users, train.n_users)
    theirs = log.take(rows)
    histories, _ = theirs.histories(train.n_users)
    last = histories.offsets[users + 1] - 1
    if log.time is None:
        last -= (rng.random(len(users)) * histories.lengths[users]).astype(np.int64)
    items = histories.values[last]
    held = np.isin(
        theirs.users * train.n_items + theirs.items, users * train.n_items + items
    )  # repeats of the choice go with it
    kept = np.ones(len(log), bool)
    kept[rows[held]] = False
    query = Query.of(train.with_interactions(theirs.take(~held)), users)
    choices = Jagged(items, np.arange(len(users) + 1, dtype=np.int64))
    return HeldOut(train.with_interactions(log.take(kept)), query, choices)


def _from_valid(train: Dataset, valid: Dataset, people: int, rng: np.random.Generator) -> HeldOut:
    wanted = valid.matrix() - valid.matrix().multiply(train.matrix())
    wanted.eliminate_zeros()
    users = _sample(np.flatnonzero(np.diff(wanted.indptr)), people, rng)
    chosen = wanted[users]
    choices = Jagged(chosen.indices.astype(np.int64), chosen.indptr.astype(np.int64))
    theirs = train.interactions.take(_rows_of(train.interactions, users, train.n_users))
    return HeldOut(train, Query.of(train.with_interactions(theirs), users), choices)


def _sample(users: Ints, people: int, rng: np.random.Generator) -> Ints:
    chosen = rng.choice(users, min(len(users), people), replace=False)
    return np.sort(chosen).astype(np.int64)


def _rows_of(log: Interactions, users: Ints, n_users: int) -> Ints:
    """Rows of the log that belong to some users: a small log sorts quickly."""
    chosen = np.zeros(n_users, bool)
    chosen[users] = True
    return np.flatnonzero(chosen[log.users])


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

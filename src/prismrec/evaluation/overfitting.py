"""The gap between train and test: how much of a model's success is memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.protocol import evaluate
from prismrec.evaluation.result import intervals
from prismrec.rankers import Query, Ranker
from prismrec.types import Bools, Floats, Ints

__all__ = ["TrainTestGap", "train_test_gap"]

STREAM = 17  # the split of the same seed must not shape the draw


@dataclass(frozen=True)
class TrainTestGap:
    """The same users' figures on items that the model was fitted on, and on test items."""

    train: Mapping[str, Interval]
    test: Mapping[str, Interval]
    gap: Mapping[str, Interval]  # train minus test, paired by user
    n_users: int

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        tables = {"train": self.train, "test": self.test, "gap": self.gap}
        plain = {
            name: {metric: value._asdict() for metric, value in table.items()}
            for name, table in tables.items()
        }
        return {**plain, "n_users": self.n_users}


def train_test_gap(
    ranker: Ranker, *, train: Dataset, test: Dataset, k: int = 20, seed: int = 0
) -> TrainTestGap:
    """Hide some train items from the question, not from the model, and see whether it finds them.

    Of each user as many train items are hidden as they have in test, drawn at random, and at most
    half of them; they are taken out of the history and the mask, so that lists, candidates and
    users are as in test. A model that only understands finds both alike; one that memorised finds
    train items better. By itself a gap is no fault, and train items are easier where time passed
    between the two: compare the gaps of models, or of settings, on one split.

    Args:
        ranker: fitted on `train`.
        train: the log that it was fitted on.
        test: the held-out log.
        k: length of the lists.
        seed: of the draw, of the order among equal scores and of the bootstrap.

    Raises:
        BadData: where nobody in test has two items in train.
        Leak: as `evaluate`.
    """
    metrics = ["recall", "ndcg"]
    later = evaluate(ranker, test, seen=train, k=k, metrics=metrics, seed=seed)
    hidden = _hidden(train, test, seed)
    if not hidden.any():
        raise BadData("nobody in test has two items in train, so none of them can be hidden")
    held, rest = (
        Dataset(train.interactions.take(rows), train.user_ids, train.item_ids)
        for rows in (hidden, ~hidden)
    )
    bare = _Bare(ranker)  # that it was fitted on what is hidden is what is measured
    known = evaluate(bare, held, seen=rest, k=k, metrics=metrics, seed=seed)
    users, ours, theirs = np.intersect1d(known.users, later.users, return_indices=True)
    before = {name: values[ours] for name, values in known.per_user.items()}
    after = {name: values[theirs] for name, values in later.per_user.items()}
    gaps = {name: before[name] - after[name] for name in before}
    on_train, on_test, gap = (intervals(t, users, seed=seed) for t in (before, after, gaps))
    return TrainTestGap(on_train, on_test, gap, len(users))


@dataclass(frozen=True, eq=False)
class _Bare:
    """A ranker that does not say what it was fitted on."""

    ranker: Ranker

    @property
    def n_items(self) -> int:
        return self.ranker.n_items

    def score(self, query: Query) -> Floats:
        return self.ranker.score(query)


def _hidden(train: Dataset, test: Dataset, seed: int) -> Bools:
    """(n,) rows of train to hide: all events of some pairs of each user."""
    log, n_items = train.interactions, train.n_items
    pairs, pair_of_row = np.unique(log.users * n_items + log.items, return_inverse=True)
    users: Ints = pairs // n_items
    n_wanted = np.diff(test.matrix().indptr)
    n_known = np.bincount(users, minlength=train.n_users)
    quota = np.minimum(n_wanted, n_known // 2)
    order = np.lexsort((np.random.default_rng([seed, STREAM]).random(len(pairs)), users))
    nth = np.arange(len(pairs)) - np.repeat(n_known.cumsum() - n_known, n_known)
    chosen = np.empty(len(pairs), bool)
    chosen[order] = nth < quota[users]  # users are sorted, with or without the draw
    return chosen[pair_of_row]

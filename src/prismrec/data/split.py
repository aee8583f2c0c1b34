"""Split a log into train, valid and test.

Every split is a function of the data set that labels each row of its log 0 (train), 1 (valid) or
2 (test), so the parts are disjoint and complete by construction. Which figures may be compared:

- `given`: with whoever published the labels.
- `random`: with the MMRec and LATTICE families in kind; in digits only where their own frozen
  labels are read with `given`, because the draw differs.
- `user-time`, `leave-one-out`: with sequential recommenders (SASRec, BERT4Rec). Other users'
  later choices are in train, so figures are too good for a shop that predicts tomorrow
  (Meng et al. 2020, https://arxiv.org/abs/2007.13237).
- `time`: with what a shop sees when it goes live; the least flattering and the most honest.
- `new-items`: with strict item cold start (CLCRec, Heater): no held-out item is in train.

The splits by time work on events, so a pair that a user repeats may lie in two parts. A ranker is
then asked for an item that its user has seen; evaluation leaves such pairs out and counts them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.types import Bools, Ints

__all__ = [
    "Split",
    "Splitter",
    "given",
    "leave_one_out",
    "new_items",
    "random",
    "split",
    "time",
    "user_time",
]

FEWEST = 3  # a user with fewer pairs stays in train wholly


class Split(NamedTuple):
    """Three data sets that share vocabularies and features."""

    train: Dataset
    valid: Dataset
    test: Dataset


class Splitter(Protocol):
    """How to split; the registry's splits are such functions."""

    def __call__(self, data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
        """(n,) label of each row of the log: 0 train, 1 valid, 2 test."""
        ...


def split(data: Dataset, by: str, *, valid: float = 0.1, test: float = 0.1, seed: int = 0) -> Split:
    """Split a log.

    Args:
        data: what to split.
        by: a name that `prismrec list splits` shows, or a column of labels such as "ua_split".
        valid: share for choosing settings, 0 to 1; 0 leaves the part empty.
        test: share for the final figures.
        seed: of the random splits.

    Raises:
        UnknownName: for a split that does not exist.
        BadData: for shares that leave no train, or a log that lacks the times or labels.
    """
    if not (valid >= 0 and test >= 0 and valid + test < 1):
        raise BadData(f"shares must be 0 or more and leave a train: valid={valid}, test={test}")
    if by in data.interactions.labels and by not in registry.names("splits"):
        labels = data.interactions.labels[by]
    else:
        splitter: Splitter = registry.load("splits", by)
        labels = splitter(data, valid=valid, test=test, seed=seed)
    train, middle, last = (
        replace(data, interactions=data.interactions.take(labels == number), part=part)
        for number, part in enumerate(Split._fields)
    )
    if not len(train.interactions):
        raise BadData(f"the split {by!r} leaves nothing to train on; ask for smaller shares")
    return Split(train, middle, last)


def given(data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
    """The labels that came with the log; shares and seed do not matter."""
    labels = data.interactions.labels
    if len(labels) == 1:
        return next(iter(labels.values()))
    if labels:
        raise BadData(f"the log has several splits; name one of {', '.join(sorted(labels))}")
    raise BadData("the log has no column 'split'; add one, or split by random or by time")


def random(data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
    """Each user's pairs at random; all events of a pair stay together.

    A user with three pairs or more gives at least one to each part asked for, and of n pairs
    floor(n * share), as the preprocessing of LATTICE (Zhang et al. 2021) and MMRec does.
    """
    log = data.interactions
    pairs, pair_of_row = np.unique(log.users * data.n_items + log.items, return_inverse=True)
    users = pairs // data.n_items
    chance = np.random.default_rng(seed).random(len(pairs))
    order = np.argsort(users + chance, kind="stable")  # by user, at random within
    return _last(users, order, valid, test)[pair_of_row]


def user_time(data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
    """Each user's last events by time; equal times keep the order of the log.

    A user with three events or more gives at least one to each part asked for.
    """
    users = data.interactions.users
    return _last(users, np.lexsort((_times(data, "user-time"), users)), valid, test)


def time(data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
    """The last events of the whole log, cut at two moments; equal times stay together.

    The cut is the one between two distinct times that comes nearest to the share.
    """
    times = _times(data, "time")
    ordered = np.sort(times)
    cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1  # places where a new time begins
    labels = np.zeros(len(times), np.int64)
    parts = [(1, valid + test)] * (valid > 0) + [(2, test)] * (test > 0)
    if len(cuts) < len(parts):
        raise BadData(
            f"the log has only {len(cuts) + 1} distinct times, too few to cut; split by user-time "
            "or random"
        )
    for later, (part, share) in zip((len(parts) - 1, 0), parts, strict=False):
        able = cuts[: len(cuts) - later]  # leave a cut for the part after this one
        cut = able[np.abs(able - len(times) * (1 - share)).argmin()]
        labels[times >= ordered[cut]] = part
        cuts = cuts[cuts > cut]
    return labels


def leave_one_out(data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
    """Of each user the newest item is test, the one before is valid; shares only switch parts off.

    An item is as new as its first event, and all its events move together. Users with fewer than
    three items stay in train.
    """
    log = data.interactions
    times = _times(data, "leave-one-out")
    order = np.argsort(times, kind="stable")
    keys = log.users[order] * data.n_items + log.items[order]
    pairs, first, pair_of_row = np.unique(keys, return_index=True, return_inverse=True)
    users = pairs // data.n_items
    tiny = float(np.finfo(np.float64).tiny)  # floor(n * share) is 0, so each gives just one
    shares = tiny * (valid > 0), tiny * (test > 0)
    labels = np.empty(len(log), np.int64)
    labels[order] = _last(users, np.lexsort((first, users)), *shares)[pair_of_row]
    return labels


def new_items(data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
    """Some items at random are held out with all their events: a share of the items each.

    Only items that were used take part. Some users may be left without any history.
    """
    used = np.unique(data.interactions.items)
    used = np.random.default_rng(seed).permutation(used)
    label = np.zeros(data.n_items, np.int64)
    n_valid, n_test = round(len(used) * valid), round(len(used) * test)
    label[used[:n_valid]] = 1
    label[used[n_valid : n_valid + n_test]] = 2
    return label[data.interactions.items]


def _last(users: Ints, order: Ints, valid: float, test: float) -> Ints:
    """(n,) labels where each user's last entries in `order` are test, those before valid.

    `order` must put the entries of a user side by side.
    """
    counts = np.bincount(users)
    n_test, n_valid = _quota(counts, test), _quota(counts, valid)
    sorted_users = users[order]
    ends = counts.cumsum()
    from_end = ends[sorted_users] - np.arange(len(users))  # 1 for the last entry of a user
    in_test: Bools = from_end <= n_test[sorted_users]
    in_valid = from_end <= (n_test + n_valid)[sorted_users]
    labels = np.empty(len(users), np.int64)
    labels[order] = np.where(in_test, 2, np.where(in_valid, 1, 0))
    return labels


def _quota(counts: Ints, share: float) -> Ints:
    """Entries that each user gives away."""
    if share == 0:
        return np.zeros_like(counts)
    given_away = np.maximum(1, np.floor(counts * share + 1e-9)).astype(np.int64)
    return np.where(counts >= FEWEST, given_away, 0)


def _times(data: Dataset, by: str) -> Ints:
    if data.interactions.time is None:
        raise BadData(
            f"the split {by!r} needs times; add a column 'timestamp' to the log, or split by random"
        )
    return data.interactions.time

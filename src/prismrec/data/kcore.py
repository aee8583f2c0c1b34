"""k-core: the dense heart of a log, in which everyone and everything has k partners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.types import Bools, Ints

__all__ = ["k_core"]


def k_core(data: Dataset, k: int) -> Dataset:
    """The largest part in which each user has k items or more and each item k users or more.

    Partners are counted once, however often a pair repeats. Users and items that drop out leave
    the vocabularies and the features too: published k-core figures rank the remaining catalogue
    only. What stays keeps its order.

    Raises:
        BadData: where nothing is left.
    """
    log = data.interactions
    pairs = np.unique(log.users * data.n_items + log.items)
    users, items = pairs // data.n_items, pairs % data.n_items
    keep_users, keep_items = np.ones(data.n_users, bool), np.ones(data.n_items, bool)
    before = -1
    while before != len(users):
        before = len(users)
        keep_users = np.bincount(users, minlength=data.n_users) >= k
        keep_items = np.bincount(items, minlength=data.n_items) >= k
        inside = keep_users[users] & keep_items[items]
        users, items = users[inside], items[inside]
    if not len(users):
        raise BadData(f"no user and item have {k} partners each; choose a smaller k than {k}")
    log = log.take(keep_users[log.users] & keep_items[log.items])
    log = replace(
        log, users=_renumbered(keep_users)[log.users], items=_renumbered(keep_items)[log.items]
    )
    return Dataset(
        log,
        _chosen(data.user_ids, keep_users),
        _chosen(data.item_ids, keep_items),
        {name: feature.take(np.flatnonzero(keep_items)) for name, feature in data.items.items()},
        {name: feature.take(np.flatnonzero(keep_users)) for name, feature in data.users.items()},
    )


def _renumbered(keep: Bools) -> Ints:
    return keep.cumsum() - 1


def _chosen(ids: Vocabulary, keep: Bools) -> Vocabulary:
    return Vocabulary(tuple(ids[row] for row in np.flatnonzero(keep).tolist()))

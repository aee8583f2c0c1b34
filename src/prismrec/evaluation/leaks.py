"""What an evaluation refuses, because the figure would not be one."""

from __future__ import annotations

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData, Leak
from prismrec.types import Bools, Ints

__all__ = ["repeats"]


def repeats(test: Dataset, seen: Dataset, *, names: tuple[str, str] = ("test", "seen")) -> Bools:
    """(n,) which rows of the test log are a later use of a pair that was seen before.

    Raises:
        Leak: where a test pair was seen and is not later, or where time runs backwards.
        BadData: where the two do not number users and items alike, or either is empty.
    """
    late, early = names
    _same_numbers(test, seen, names)
    if len(test.interactions) == 0:
        raise BadData(f"{late} is empty: nothing can be measured; give the split a larger share")
    if test is seen or test.interactions is seen.interactions:
        raise Leak(f"{late} and {early} are the same log: hold interactions out with `split`")
    again, last = _last_seen(test, seen)
    times, known = test.interactions.time, seen.interactions.time
    leaking = again
    if times is not None and known is not None and len(known):
        if known.min() > times.max():
            raise Leak(
                f"every event of {early} is later than every event of {late}: the model would "
                f"predict the past; were {early} and {late} swapped?"
            )
        newest = np.full(seen.n_users, known.min())
        np.maximum.at(newest, seen.interactions.users, known)
        # Equal times are fine only where a user's log was cut at that very moment.
        leaking = again & (times <= last) & (times < newest[test.interactions.users])
    if leaking.any():
        raise Leak(_overlap(test, leaking, names))
    return again


def _same_numbers(test: Dataset, seen: Dataset, names: tuple[str, str]) -> None:
    for side in ("user_ids", "item_ids"):
        ours, theirs = getattr(test, side), getattr(seen, side)
        if ours is not theirs and ours != theirs:
            raise BadData(
                f"{names[0]} and {names[1]} have different {side}, so the same row means two "
                "things; cut both from one data set with `split`"
            )


def _last_seen(test: Dataset, seen: Dataset) -> tuple[Bools, Ints]:
    """(n,) which test pairs were seen, and (n,) when last; 0 where there are no times."""
    wanted = test.interactions.users * test.n_items + test.interactions.items
    involved = np.zeros(seen.n_users, bool)
    involved[test.interactions.users] = True
    log = seen.interactions.take(involved[seen.interactions.users])
    pairs = log.users * seen.n_items + log.items
    times = np.zeros(len(pairs), np.int64) if log.time is None else log.time
    order = np.lexsort((times, pairs))
    pairs, times = pairs[order], times[order]
    place = np.searchsorted(pairs, wanted, side="right") - 1  # the last of equal pairs
    if not len(pairs):
        return np.zeros(len(wanted), bool), np.zeros(len(wanted), np.int64)
    return (place >= 0) & (pairs[place] == wanted), times[place]


def _overlap(test: Dataset, leaking: Bools, names: tuple[str, str]) -> str:
    log, first = test.interactions, int(leaking.argmax())
    user, item = test.user_ids[log.users[first]], test.item_ids[log.items[first]]
    return (
        f"{leaking.sum()} of {len(log)} interactions of {names[0]} are also in {names[1]}, for "
        f"example user {user!r}, item {item!r}: the model has seen what it is asked to predict; "
        "keep each pair in one part only, as `split` does"
    )

"""What an evaluation refuses, because the figure would not be one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.sketch import among
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData, Leak
from prismrec.evaluation.telltales import telltales
from prismrec.rankers import Ranker
from prismrec.types import Bools, Ints

__all__ = ["fitted", "parts", "repeats"]

LONG = 3  # seen events from which on the order of a user's log means something
ENOUGH = 20  # such users, so that chance alone does not turn two thirds of them round


def repeats(test: Dataset, seen: Dataset, *, names: tuple[str, str] = ("test", "seen")) -> Bools:
    """(n,) which rows of the test log are a later use of a pair that was seen before.

    It is asked of every pair of parts that are measured or chosen on. Events of other users that
    are later than a test event are let pass, as most published splits have them.

    Raises:
        Leak: where the parts are of one log in the wrong roles, a test pair was seen and is not
            later, seen under another spelling or numbered otherwise, where time runs backwards for
            all or for most users, or where an item feature was counted on test.
        BadData: where the two do not number users and items alike, or test is empty.
    """
    late, early = names
    _same_numbers(test, seen, names)
    if len(test.interactions) == 0:
        raise BadData(f"{late} is empty: nothing can be measured; give the split a larger share")
    if test is seen or test.interactions is seen.interactions:
        raise Leak(f"{late} and {early} are the same log: hold interactions out with `split`")
    _in_their_roles(test, seen, names)
    _forwards(test, seen, names)
    again, last = _last_seen(test, seen)
    leaking = again & ~_later(test.interactions, seen, last)
    if leaking.any():
        raise Leak(_overlap(test, leaking, names))
    _spelt_apart(test, seen, names)
    _blind(test, seen, names)
    return again


def parts(train: Dataset, valid: Dataset, test: Dataset) -> None:
    """Refuse a split whose parts know of each other; valid or test may be empty.

    Whoever chooses on valid and measures on test asks this once, before anything is fitted.

    Raises:
        Leak: as `repeats` of each two parts, and where an item feature was counted on the log as a
            whole.
        BadData: as `repeats`.
    """
    for late, early, names in (
        (test, train, ("test", "train")),
        (valid, train, ("valid", "train")),
        (test, valid, ("test", "valid")),
    ):
        if len(late.interactions) and len(early.interactions):
            repeats(late, early, names=names)
    held_out = valid.interactions.concatenated(test.interactions)
    if len(held_out):
        _blind(train.with_interactions(held_out), train, ("valid and test", "train"))


def fitted(ranker: Ranker, test: Dataset, again: Bools) -> None:
    """Refuse a ranker that was fitted on what is to be found.

    Every model keeps a sketch of its log; one that reads nothing but media, and one from elsewhere,
    has none and passes. Of 256 sketched pairs one hits a test that is a tenth of the log 26 times.

    Args:
        ranker: any fitted model.
        test: the interactions to be found.
        again: (n,) rows of it that repeat an earlier use, as `repeats` says.

    Raises:
        Leak: where a test pair was in the log that it was fitted on.
    """
    about = getattr(ranker, "about", None) or getattr(getattr(ranker, "towers", None), "about", {})
    inside = among(test, about.get("fitted_on", "")) & ~again
    if inside.any():
        user, item = _pair(test, int(inside.argmax()))
        raise Leak(
            f"the ranker was fitted on a log that holds test interactions, for example user "
            f"{user!r}, item {item!r}: fit it on the train part that `split` gives, not on the "
            "whole log"
        )


def _same_numbers(test: Dataset, seen: Dataset, names: tuple[str, str]) -> None:
    for side in ("user_ids", "item_ids"):
        ours, theirs = getattr(test, side), getattr(seen, side)
        if ours is theirs or ours == theirs:
            continue
        rows = theirs.rows
        name = next((n for row, n in enumerate(ours) if rows.get(n, row) != row), None)
        if name is not None:
            raise Leak(
                f"{names[0]} and {names[1]} number the same {side} differently: {name!r} is row "
                f"{ours.rows[name]} here and row {rows[name]} there, so what was seen would "
                "not be recognised; cut both from one data set with `split`"
            )
        raise BadData(
            f"{names[0]} and {names[1]} have different {side}, so the same row means two "
            "things; cut both from one data set with `split`"
        )


def _in_their_roles(test: Dataset, seen: Dataset, names: tuple[str, str]) -> None:
    for data, name, wrong in ((test, names[0], "train"), (seen, names[1], "test")):
        if data.part == wrong:
            raise Leak(
                f"{name} is the {wrong} part of a split: `split` gives train, valid and test in "
                "this order; were they swapped?"
            )


def _forwards(test: Dataset, seen: Dataset, names: tuple[str, str]) -> None:
    """Refuse a split that predicts the past, for all or for most users."""
    late, early = names
    times, known = test.interactions.time, seen.interactions.time
    if times is None or known is None or not len(known):
        return
    if known.min() > times.max():
        raise Leak(
            f"every event of {early} is later than every event of {late}: the model would "
            f"predict the past; were {early} and {late} swapped?"
        )
    newest = np.full(test.n_users, np.iinfo(np.int64).min)
    np.maximum.at(newest, test.interactions.users, times)
    oldest = np.full(test.n_users, np.iinfo(np.int64).max)
    np.minimum.at(oldest, seen.interactions.users, known)
    seen_events = np.bincount(seen.interactions.users, minlength=test.n_users)
    judged = (newest > np.iinfo(np.int64).min) & (seen_events >= LONG)
    turned = oldest[judged] > newest[judged]
    if len(turned) >= ENOUGH and turned.mean() > 2 / 3:
        raise Leak(
            f"for {turned.sum()} of {len(turned)} users every event of {early} is later than every "
            f"event of {late}: the log was cut newest first, so the model would predict the past; "
            "sort it by time, oldest first, or split by user-time"
        )


def _later(log: Interactions, seen: Dataset, last: Ints) -> Bools:
    """(n,) which test events are later than the last seen use of their pair."""
    known = seen.interactions.time
    if log.time is None or known is None or not len(known):
        return np.zeros(len(log), bool)
    newest = np.full(seen.n_users, known.min())
    np.maximum.at(newest, seen.interactions.users, known)
    # Equal times are fine only where a user's log was cut at that very moment.
    return (log.time > last) | (log.time >= newest[log.users])


def _spelt_apart(test: Dataset, seen: Dataset, names: tuple[str, str]) -> None:
    """Refuse a pair that was seen under another spelling of its user or item."""
    users, items = _spellings(test.user_ids), _spellings(test.item_ids)
    if users is None and items is None:
        return
    users = np.arange(test.n_users) if users is None else users
    items = np.arange(test.n_items) if items is None else items
    log, known = test.interactions, seen.interactions
    at_all = np.isin(_key(log, users, items), _key(known, users, items))
    as_such = np.isin(_key(log), _key(known))
    if (leaking := at_all & ~as_such).any():
        user, item = _pair(test, int(leaking.argmax()))
        raise Leak(
            f"{leaking.sum()} interactions of {names[0]} are in {names[1]} under another spelling "
            f"of the same identifiers, for example user {user!r}, item {item!r}: give each person "
            "and item one identifier before the split (spaces, capitals and '.0' count)"
        )


def _blind(test: Dataset, seen: Dataset, names: tuple[str, str]) -> None:
    """Refuse item features that know how often items are used in what is held out."""
    late, early = names
    for found in telltales(test, seen):
        raise Leak(
            f"dimension {found.dimension} of the item feature {found.modality!r} follows how often "
            f"items are used in {late} (rank correlation {found.correlation:.2f} beyond what "
            f"{early} tells): it was computed from the whole log; compute it from {early} alone, "
            "or leave it out"
        )


def _key(log: Interactions, users: Ints | None = None, items: Ints | None = None) -> Ints:
    user = log.users if users is None else users[log.users]
    item = log.items if items is None else items[log.items]
    return (user << 32) | item


@lru_cache(maxsize=8)  # of the same few data sets, over and over
def _spellings(ids: Vocabulary) -> Ints | None:
    """(n,) the first row that spells each identifier alike; None where all differ."""
    plain = [_plain(name) for name in ids]
    if len(set(plain)) == len(plain):
        return None
    first: dict[str, int] = {}
    return np.array([first.setdefault(name, row) for row, name in enumerate(plain)], np.int64)


def _plain(name: str) -> str:
    """Without what tables change: width, capitals, spaces, the .0 of a column of floats."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    name = name.strip().casefold()
    return name[:-2] if name.endswith(".0") and re.fullmatch(r"\d+\.0", name) else name


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
    user, item = _pair(test, int(leaking.argmax()))
    return (
        f"{leaking.sum()} of {len(leaking)} interactions of {names[0]} are also in {names[1]}, for "
        f"example user {user!r}, item {item!r}: the model has seen what it is asked to predict; "
        "keep each pair in one part only, as `split` does"
    )


def _pair(data: Dataset, row: int) -> tuple[str, str]:
    """The identifiers of one row of a log."""
    log = data.interactions
    return data.user_ids[log.users[row]], data.item_ids[log.items[row]]

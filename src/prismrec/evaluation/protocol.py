"""evaluate: every candidate ranked for every user of a test log, every figure with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.evaluation import leaks
from prismrec.evaluation.lists import lists
from prismrec.evaluation.metrics import coverage
from prismrec.evaluation.result import Evaluation, intervals
from prismrec.rankers import Query, Ranker
from prismrec.types import Bools, Ints

__all__ = ["allowed_items", "candidate_counts", "cold_items", "evaluate", "relevant_pairs"]


def evaluate(
    ranker: Ranker,
    test: Dataset,
    *,
    seen: Dataset,
    k: int | Sequence[int] = 20,
    metrics: Sequence[str] | None = None,
    only: Ints | None = None,
    seed: int = 0,
) -> Evaluation:
    """Rank every candidate for each user who has a relevant test item, and measure the lists.

    An item is relevant to a user who used it in `test` with a weight above 0 and not in `seen`.
    Items that the user has in `seen` are never returned. Users count alike, however active. Equal
    scores are ordered at random.

    Args:
        ranker: any fitted model.
        test: the interactions to be found.
        seen: the log that the ranker was fitted on; also the history that it is asked with.
        k: length of the lists, or several.
        metrics: registered names; all where None.
        only: the candidates, for example `cold_items(train)`; the whole catalogue where None.
        seed: of the bootstrap and of the order among equal scores.

    Raises:
        Leak: where `seen`, the features or the fitted ranker know what is to be predicted.
        BadData: where there is nothing to measure or the arguments do not belong together.
    """
    again = leaks.repeats(test, seen)
    leaks.fitted(ranker, test, again)
    sizes = _sizes(k)
    measures = {name: registry.load("metrics", name) for name in _names(metrics)}
    allowed = allowed_items(ranker, test, only)
    pairs = relevant_pairs(test, allowed, again)
    users, relevant = np.unique(pairs // test.n_items, return_counts=True)
    query = Query.of(seen, users)
    items = lists(ranker, query, max(sizes), only=only, seed=seed)
    hits = _is_in(users[:, None] * test.n_items + items, pairs) & (items >= 0)
    candidates = candidate_counts(query, allowed)
    per_user = {
        f"{name}@{size}": measure(hits[:, :size], relevant, candidates)
        for name, measure in measures.items()
        for size in sizes
    }
    n_items = int(allowed.sum())
    return Evaluation(
        metrics=intervals(per_user, users, seed=seed),
        per_user=per_user,
        users=users,
        n_items=n_items,
        lists={f"coverage@{size}": coverage(items[:, :size], n_items) for size in sizes},
        items=items,
        hits=hits,
        notes=_notes(test, seen, again),
    )


def cold_items(train: Dataset) -> Ints:
    """Items that nobody used in a log: for `only`, to measure new items apart."""
    return np.flatnonzero(train.item_support() == 0)


def _sizes(k: int | Sequence[int]) -> tuple[int, ...]:
    sizes = (k,) if isinstance(k, int) else tuple(sorted(set(k)))
    if not sizes or min(sizes) < 1:
        raise BadData(f"k must be 1 or more, not {k}")
    return sizes


def _names(metrics: Sequence[str] | None) -> Sequence[str]:
    return registry.names("metrics") if metrics is None else metrics


def allowed_items(ranker: Ranker, test: Dataset, only: Ints | None) -> Bools:
    """(n_items,) which items are candidates."""
    n = test.n_items
    if ranker.n_items != n:
        raise BadData(
            f"the ranker knows {ranker.n_items} items but the test log has a catalogue of {n}; "
            "fit it on a part of the same data set"
        )
    allowed = np.full(n, only is None)
    if only is not None:
        if len(only) == 0 or only.min() < 0 or only.max() >= n:
            raise BadData(f"`only` must hold rows of the catalogue, 0 to {n - 1}, at least one")
        allowed[only] = True
    return allowed


def relevant_pairs(test: Dataset, allowed: Bools, again: Bools) -> Ints:
    """Sorted distinct pairs to be found, as user * n_items + item."""
    log = test.interactions
    rows = ~again & (log.weight > 0) & allowed[log.items]
    if not rows.any():
        raise BadData(
            f"none of the {len(log)} test interactions is left to be found: they repeat what was "
            "seen, weigh 0 or lie outside the candidates"
        )
    return _distinct(log.users[rows] * test.n_items + log.items[rows])


def candidate_counts(query: Query, allowed: Bools) -> Ints:
    """(n,) how many items could be returned to each user: the allowed ones without the history."""
    pairs = _distinct(query.history.rows * len(allowed) + query.history.values)
    users, items = np.divmod(pairs, len(allowed))
    seen: Ints = np.bincount(users[allowed[items]], minlength=len(query))
    return np.count_nonzero(allowed) - seen


def _distinct(values: Ints) -> Ints:
    """Each value once, sorted; several times faster than `np.unique`, which hashes first."""
    ordered = np.sort(values)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _is_in(values: Ints, table: Ints) -> Bools:
    """Which values stand in a sorted table that is not empty."""
    place = np.searchsorted(table, values).clip(max=len(table) - 1)
    found: Bools = table[place] == values
    return found


def _notes(test: Dataset, seen: Dataset, again: Bools) -> tuple[str, ...]:
    log, n = test.interactions, len(test.interactions)
    notes = []
    if again.any():
        notes.append(f"{again.sum()} of {n} test interactions repeat one seen earlier: left out")
    if (log.weight <= 0).any():
        notes.append(f"{(log.weight <= 0).sum()} of {n} test interactions weigh 0: left out")
    if log.time is not None and seen.interactions.time is not None:
        later = (seen.interactions.time > log.time.min()).mean()
        if later > 0:
            notes.append(
                f"{later:.1%} of what was seen is later than the first test event: such a figure "
                "flatters; split by time for what a live shop would see"
            )
    return tuple(notes)

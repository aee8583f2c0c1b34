"""Likes against dislikes: whether a model scores what a user liked above what the user disliked."""

from __future__ import annotations

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.evaluation import leaks
from prismrec.evaluation.protocol import allowed_items
from prismrec.evaluation.result import Evaluation, intervals
from prismrec.rankers import Query, Ranker
from prismrec.types import Bools, Doubles, Ints

__all__ = ["preference", "rightly_called", "rightly_ordered"]

BLOCK = 1 << 21  # scores held at once


def preference(
    ranker: Ranker,
    test: Dataset,
    *,
    seen: Dataset,
    liked: float | None = None,
    disliked: float = 0.0,
) -> Evaluation:
    """How well a model tells the likes of a user from the dislikes, among the judged items alone.

    "like-auc" is the share of pairs of a liked and a disliked item that are scored in order,
    "like-accuracy" the share of judged items called rightly. Chance is .5 for the first, and for
    the second what the shares of likes make of it. There are no lists: `items` has no columns.

    Args:
        ranker: any fitted model.
        test: the judgements: of several events of a pair the strongest counts.
        seen: the log that the ranker was fitted on.
        liked: weight from which an item is liked, such as 4 for ratings of 1 to 5; any weight above
            `disliked` where None.
        disliked: weight up to which it is disliked, such as 2 for ratings.

    Raises:
        Leak: where `seen` knows what is to be predicted.
        BadData: where no user has both, as in logs that were read from a folder and leave out
            rows of weight 0: there a rating can tell, by `liked` and `disliked`.
    """
    again = leaks.repeats(test, seen)
    leaks.fitted(ranker, test, again)
    allowed_items(ranker, test, None)
    pairs, weight = _judged(test, again)
    like = weight > disliked if liked is None else weight >= liked
    kept = like | (weight <= disliked)
    pairs, like = pairs[kept], like[kept]
    users, row = np.unique(pairs // test.n_items, return_inverse=True)
    both = np.isin(np.bincount(row, like) / np.bincount(row), [0, 1], invert=True)
    if not both.any():
        above = f"above {disliked:g}" if liked is None else f"{liked:g} or more"
        raise BadData(
            f"no user of the test log has both a like (weight {above}) and a dislike (weight "
            f"{disliked:g} or less); give limits that part its weights, such as liked=4, disliked=2"
        )
    pairs, like, users = pairs[both[row]], like[both[row]], users[both]
    row = np.searchsorted(users, pairs // test.n_items)
    scores = _scores(ranker, Query.of(seen, users), row, pairs % test.n_items)
    per_user = {
        "like-auc": rightly_ordered(scores, like, row),
        "like-accuracy": rightly_called(scores, like, row),
    }
    none = np.empty((len(users), 0), np.int64)
    return Evaluation(
        metrics=intervals(per_user, users),
        per_user=per_user,
        users=users,
        n_items=test.n_items,
        lists={},
        items=none,
        hits=none.astype(bool),
    )


def rightly_ordered(scores: Doubles, like: Bools, row: Ints) -> Doubles:
    """(n,) share of each user's pairs of a like and a dislike that are in order; equal ones half.

    The Mann-Whitney statistic: 1 for ranks that part the two. Of the four pairs here the like of
    .9 wins both and the like of .4 wins one.

    >>> like = np.array([True, False, True, False])
    >>> rightly_ordered(np.array([0.9, 0.6, 0.4, 0.1]), like, np.zeros(4, int))
    array([0.75])

    Args:
        scores: (p,) of the judged items.
        like: (p,) False for a dislike.
        row: (p,) whose, 0 to n - 1; each has a like and a dislike.
    """
    order = np.lexsort((scores, row))
    sorted_row = row[order]
    tie = _ties(sorted_row, scores[order])
    place = np.bincount(tie, np.arange(len(row))) / np.bincount(tie)  # mean place of each tie
    first = np.searchsorted(sorted_row, sorted_row)
    rank = place[tie] - first + 1
    n_like, n = np.bincount(row, like), np.bincount(row)
    won = np.bincount(sorted_row, rank * like[order]) - n_like * (n_like + 1) / 2
    share: Doubles = won / (n_like * (n - n_like))
    return share


def rightly_called(scores: Doubles, like: Bools, row: Ints) -> Doubles:
    """(n,) share of each user's judged items called rightly, the best m liked, m being the likes.

    Scores have no zero that parts likes from dislikes, so the number of likes is given. Among equal
    scores at the border each is as likely to be called liked, which counts by the odds.

    Two likes, so .9 and .6 are called liked: .6 wrongly, and so is .4: 2 of 4.

    >>> like = np.array([True, False, True, False])
    >>> rightly_called(np.array([0.9, 0.6, 0.4, 0.1]), like, np.zeros(4, int))
    array([0.5])

    Arguments as for `rightly_ordered`.
    """
    order = np.lexsort((-scores, row))
    sorted_row, wanted = row[order], like[order]
    tie = _ties(sorted_row, scores[order])
    n_like, n = np.bincount(row, like), np.bincount(row)
    within = np.arange(len(row)) - np.searchsorted(sorted_row, sorted_row) < n_like[sorted_row]
    odds = (np.bincount(tie, within) / np.bincount(tie))[tie]  # of being called liked
    right: Doubles = np.bincount(sorted_row, np.where(wanted, odds, 1 - odds)) / n
    return right


def _ties(row: Ints, scores: Doubles) -> Ints:
    """(p,) number of the run of one user's equal scores that an entry is in; both are sorted."""
    fresh = np.append(True, (np.diff(row) != 0) | (np.diff(scores) != 0))
    numbers: Ints = fresh.cumsum() - 1
    return numbers


def _judged(test: Dataset, again: Bools) -> tuple[Ints, Doubles]:
    """Sorted distinct pairs, as user * n_items + item, and the strongest weight of each."""
    log = test.interactions.take(~again)
    pairs, place = np.unique(log.users * test.n_items + log.items, return_inverse=True)
    weight = np.full(len(pairs), -np.inf)
    np.maximum.at(weight, place, log.weight)
    return pairs, weight


def _scores(ranker: Ranker, query: Query, row: Ints, items: Ints) -> Doubles:
    """(p,) scores of some pairs; without opinion below every number."""
    out = np.empty(len(row))
    size = max(1, BLOCK // ranker.n_items)
    for start, block in zip(range(0, len(query), size), query.blocks(size), strict=True):
        inside = slice(*np.searchsorted(row, [start, start + size]))
        out[inside] = ranker.score(block)[row[inside] - start, items[inside]]
    out[np.isnan(out)] = np.finfo(np.float32).min
    return out

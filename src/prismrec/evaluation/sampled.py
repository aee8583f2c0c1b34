"""Figures over sampled candidates, for a comparison with papers that report such figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.evaluation import leaks
from prismrec.evaluation.lists import lists
from prismrec.evaluation.protocol import relevant_pairs
from prismrec.evaluation.result import Evaluation, intervals
from prismrec.rankers import Query, Ranker
from prismrec.types import Csr, Floats, Ints

__all__ = ["evaluate_sampled"]

METRICS = ("recall", "ndcg", "hit")
BLOCK = 1 << 21  # random numbers held at once
STREAM = 11  # the split of the same seed must not shape the sample


def evaluate_sampled(
    ranker: Ranker,
    test: Dataset,
    *,
    seen: Dataset,
    n_negatives: int = 100,
    k: int = 20,
    seed: int = 0,
) -> Evaluation:
    """Rank each user's relevant items among a few others drawn at random. Not an honest figure.

    It says little of what a user would see, and may order models otherwise than `evaluate` does
    (Krichene and Rendle 2020, doi:10.1145/3394486.3403226): use it to repeat a published number,
    never to choose. Metrics are called "sampled recall@20", so that they cannot be mixed up.

    Negatives are distinct and uniform among items that the user neither has in `seen` nor in
    `test`; a user with fewer has all of them. Every model gets the same ones.

    Args:
        ranker: any fitted model.
        test: the interactions to be found.
        seen: the log that the ranker was fitted on; also the history that it is asked with.
        n_negatives: drawn for each user.
        k: length of the lists.
        seed: of the negatives, the order among equal scores and the bootstrap.

    Raises:
        Leak: as `evaluate`.
        BadData: where there is nothing to measure or the arguments do not belong together.
    """
    if n_negatives < 1 or k < 1:
        raise BadData(f"n_negatives and k must be 1 or more, not {n_negatives} and {k}")
    pairs = _to_find(ranker, test, seen)
    users, relevant = np.unique(pairs // test.n_items, return_counts=True)
    wanted = Jagged.group(
        np.searchsorted(users, pairs // test.n_items), pairs % test.n_items, len(users)
    )
    query = Query.of(seen, users)
    drawn = _negatives(query, wanted, test.n_items, n=n_negatives, seed=seed)
    among = _Among.of(ranker, test, users, candidates=(wanted, drawn))
    items = lists(among, query, k, only=None, seed=seed)
    hits = np.isin(users[:, None] * test.n_items + items, pairs) & (items >= 0)
    candidates = relevant + drawn.lengths
    per_user = {
        f"sampled {name}@{k}": registry.load("metrics", name)(hits, relevant, candidates)
        for name in METRICS
    }
    return Evaluation(
        metrics=intervals(per_user, users, seed=seed),
        per_user=per_user,
        users=users,
        n_items=int(candidates.max()),
        lists={},
        items=items,
        hits=hits,
        notes=(
            f"each user's items were ranked among {n_negatives} drawn at random, not among the "
            "catalogue: such figures are far too good and may order models wrongly",
        ),
    )


def _to_find(ranker: Ranker, test: Dataset, seen: Dataset) -> Ints:
    """Sorted pairs to be found, as user * n_items + item."""
    if ranker.n_items != test.n_items:
        raise BadData(f"the ranker knows {ranker.n_items} items, the test log {test.n_items}")
    again = leaks.repeats(test, seen)
    leaks.fitted(ranker, test, again)
    return relevant_pairs(test, np.ones(test.n_items, bool), again)


@dataclass(frozen=True, eq=False)
class _Among:
    """A ranker that returns some items of each user only."""

    ranker: Ranker
    allowed: Csr  # (n, n_items)
    place: Ints  # (n_users,) row of `allowed`

    @classmethod
    def of(
        cls, ranker: Ranker, test: Dataset, users: Ints, *, candidates: tuple[Jagged, Jagged]
    ) -> _Among:
        one, other = (part.to_csr(test.n_items) for part in candidates)
        place = np.full(test.n_users, -1)
        place[users] = np.arange(len(users))
        return cls(ranker, sparse.csr_array(one + other), place)

    @property
    def n_items(self) -> int:
        return self.ranker.n_items

    def score(self, query: Query) -> Floats:
        scores = np.array(self.ranker.score(query))
        scores[self.allowed[self.place[query.users]].toarray() == 0] = -np.inf
        return scores


def _negatives(query: Query, wanted: Jagged, n_items: int, *, n: int, seed: int) -> Jagged:
    """For each user at most n distinct items, neither used nor wanted; in blocks of users."""
    rng = np.random.default_rng([seed, STREAM])
    n = min(n, n_items)
    size = max(1, BLOCK // n_items)
    rows, items = [], []
    for start in range(0, len(query), size):
        users = np.arange(start, min(start + size, len(query)), dtype=np.int64)
        lot = rng.random((len(users), n_items), np.float32)
        for taken in (query.history.take(users), wanted.take(users)):
            lot[taken.rows, taken.values] = np.inf
        first = np.argpartition(lot, n - 1, axis=1)[:, :n]
        row, column = np.nonzero(np.isfinite(np.take_along_axis(lot, first, axis=1)))
        rows.append(users[row])
        items.append(first[row, column])
    return Jagged.group(np.concatenate(rows), np.concatenate(items), len(query))

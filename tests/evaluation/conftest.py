"""A ranker that is a table of scores, and logs written as pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.rankers import Query
from prismrec.types import Floats


@dataclass(frozen=True, eq=False)
class Table:
    """Scores written down for each user."""

    scores: Floats  # (n_users, n_items)

    @property
    def n_items(self) -> int:
        return self.scores.shape[1]

    def score(self, query: Query) -> Floats:
        return self.scores[query.users]


Log = Callable[..., Dataset]


@pytest.fixture(scope="session")
def table() -> Callable[..., Table]:
    """Make a ranker from a list of rows of scores."""
    return lambda scores: Table(np.asarray(scores, np.float32))


@pytest.fixture(scope="session")
def log() -> Log:
    """Make a data set of users u0.. and items i0.. from (user, item) pairs."""

    def make(
        pairs: Sequence[tuple[int, int]],
        shape: tuple[int, int] = (3, 6),
        *,
        time: Sequence[int] | None = None,
        weight: Sequence[float] | None = None,
    ) -> Dataset:
        users, items = np.array(pairs, np.int64).reshape(-1, 2).T
        weights = np.ones(len(users)) if weight is None else weight
        return Dataset(
            Interactions(
                users,
                items,
                np.asarray(weights, np.float32),
                None if time is None else np.asarray(time, np.int64),
            ),
            Vocabulary(tuple(f"u{row}" for row in range(shape[0]))),
            Vocabulary(tuple(f"i{row}" for row in range(shape[1]))),
        )

    return make

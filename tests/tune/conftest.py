"""A small data set in three groups: a user keeps to one, so that settings make a difference."""

from __future__ import annotations

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary

N_USERS, N_ITEMS = 60, 45


def grouped(*, seed: int = 0) -> Dataset:
    """Each user uses some items of a group and a few of any, in the order of time."""
    rng = np.random.default_rng(seed)
    chance = np.where(np.add.outer(np.arange(N_USERS), -np.arange(N_ITEMS)) % 3 == 0, 0.6, 0.08)
    users, items = rng.permutation(np.argwhere(rng.random(chance.shape) < chance)).T
    log = Interactions.of(users, items, time=np.arange(len(users)) * 3600)
    looks = np.eye(3)[np.arange(N_ITEMS) % 3] + rng.normal(0, 0.4, (N_ITEMS, 3))
    names = Vocabulary(tuple(f"u{n}" for n in range(N_USERS)))
    return Dataset(
        log,
        names,
        Vocabulary(tuple(f"i{n}" for n in range(N_ITEMS))),
        {"image": Feature.of(looks.astype(np.float32))},
    )


@pytest.fixture(scope="session")
def data() -> Dataset:
    return grouped()

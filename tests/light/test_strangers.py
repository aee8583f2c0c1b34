"""Levelled towers: known users are ranked as before, strangers as well as the vectors allow."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from prismrec.light.strangers import Side, levelled

N_USERS, N_ITEMS, DIM = 200, 30, 4


@pytest.fixture
def history():
    rng = np.random.default_rng(0)
    used = rng.random((N_USERS, N_ITEMS)) < 0.3
    used[0] = False  # somebody without history
    return sparse.csr_array(used.astype(np.float32))


def side(seed: int = 1) -> Side:
    rng = np.random.default_rng(seed)
    shapes = ((N_USERS, DIM), (N_ITEMS, DIM), (N_ITEMS,))
    return Side(*(rng.normal(size=shape).astype(np.float32) for shape in shapes))


def scores(given: Side) -> np.ndarray:
    return given.users @ given.items.T + given.bias


def test_scores_of_known_users_change_by_a_constant_each(history):
    gap = scores(levelled(side(), history)) - scores(side())
    assert gap == pytest.approx(gap.mean(axis=1, keepdims=True).repeat(N_ITEMS, 1), abs=1e-3)


def test_the_average_user_stands_at_zero(history):
    assert levelled(side(), history).users.mean(axis=0) == pytest.approx(np.zeros(DIM), abs=1e-5)


def test_users_that_are_a_stretched_mean_of_their_items_are_found_again(history):
    rng = np.random.default_rng(2)
    items = rng.normal(size=(N_ITEMS, DIM))
    root = rng.normal(size=(DIM, DIM))
    mean = history @ items / np.maximum(np.diff(history.indptr), 1)[:, None]
    users = (mean - mean[1:].mean(axis=0)) @ (root @ root.T + np.eye(DIM)) + 5
    given = Side(*(a.astype(np.float32) for a in (users, items, np.zeros(N_ITEMS))))
    found = levelled(given, history)
    means = history @ found.items / np.maximum(np.diff(history.indptr), 1)[:, None]
    gap = (means - found.users)[1:]
    assert gap == pytest.approx(np.zeros_like(gap) + gap.mean(axis=0), abs=1e-3)


def test_a_log_that_says_nothing_leaves_the_scores_alone():
    nothing = sparse.csr_array((N_USERS, N_ITEMS), dtype=np.float32)
    found = levelled(side(), nothing)
    assert np.isfinite(found.users).all()
    assert scores(found) == pytest.approx(scores(side()), abs=1e-3)

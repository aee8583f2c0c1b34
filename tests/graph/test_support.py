import numpy as np
import pytest

from prismrec.data.interactions import Interactions
from prismrec.graph.support import support

DAY = 86_400


def test_each_user_counts_once_per_item():
    log = Interactions.of(np.array([0, 0, 1, 2]), np.array([1, 1, 1, 0]))
    assert support(log, 4).tolist() == [1, 2, 0, 0]


def test_a_use_fades_by_half_per_half_life_and_the_latest_use_counts():
    users, items = np.array([0, 1, 1, 2]), np.array([0, 0, 0, 1])
    log = Interactions.of(users, items, time=np.array([0, 0, 10, 20]) * DAY)
    assert support(log, 2, half_life=10) == pytest.approx([0.25 + 0.5, 1.0])


def test_a_log_without_times_does_not_fade():
    log = Interactions.of(np.array([0, 1]), np.array([0, 0]))
    assert support(log, 1, half_life=1).tolist() == [2]


def test_an_empty_log_supports_nothing():
    empty = Interactions.of(np.array([], int), np.array([], int), time=np.array([], int))
    assert support(empty, 2, half_life=3).tolist() == [0, 0]

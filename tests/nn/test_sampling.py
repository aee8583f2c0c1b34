"""What batches are made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.data.dataset import Dataset  # noqa: E402
from prismrec.data.interactions import Interactions  # noqa: E402
from prismrec.data.vocabulary import Vocabulary  # noqa: E402
from prismrec.nn.sampling import FEWEST, Pairs, shuffled  # noqa: E402

Make = Callable[..., Dataset]


def log(pairs: list[tuple[int, int]], n_users: int, n_items: int) -> Dataset:
    users, items = np.array(pairs).T
    ids = (Vocabulary(tuple(map(str, range(n)))) for n in (n_users, n_items))
    return Dataset(Interactions.of(users, items), *ids)


def test_an_epoch_visits_each_pair_once_and_repeats_count_once(make_dataset: Make) -> None:
    data = make_dataset()
    pairs = Pairs(data)
    found = list(pairs.batches(np.random.default_rng(0), 2048))
    users, used, _ = (np.concatenate(parts) for parts in zip(*found, strict=True))
    keys = users * data.n_items + used
    wanted = np.unique(data.interactions.users * data.n_items + data.interactions.items)
    assert len(wanted) < len(data.interactions)  # the log has repeats
    assert np.array_equal(np.sort(keys), wanted)
    assert not np.array_equal(keys, wanted)  # at random


def test_a_small_log_has_many_steps_and_a_large_one_full_batches(make_dataset: Make) -> None:
    pairs = Pairs(make_dataset())
    rng = np.random.default_rng(0)
    assert len(list(pairs.batches(rng, 2048))) == FEWEST
    sizes = [len(users) for users, _, _ in pairs.batches(rng, 8)]
    assert set(sizes[:-1]) == {8}
    assert sum(sizes) == len(pairs)


def test_a_negative_is_an_item_that_others_used(make_dataset: Make) -> None:
    data = make_dataset()
    kept = data.interactions.items < 30  # the other ten items have no history
    data = data.with_interactions(data.interactions.take(kept))
    pairs = Pairs(data)
    others = pairs.negatives(np.random.default_rng(0), pairs.users, 5)
    assert others.shape == (len(pairs), 5)
    assert not pairs.used(pairs.users[:, None], others).any()
    assert set(np.unique(others)) == set(np.unique(data.interactions.items))


def test_negatives_are_drawn_evenly_whatever_is_popular() -> None:
    data = log([(0, 0), *((user, 1) for user in range(1, 40)), (40, 2), (41, 3)], 42, 4)
    pairs = Pairs(data)
    drawn = pairs.negatives(np.random.default_rng(0), np.zeros(6000, np.int64))
    counts = np.bincount(drawn[:, 0], minlength=4)
    assert counts[0] == 0
    assert counts[1:] == pytest.approx(np.full(3, 2000), abs=200)


def test_who_used_everything_gets_something_all_the_same() -> None:
    pairs = Pairs(log([(0, 0), (0, 1), (1, 0)], 2, 3))
    drawn = pairs.negatives(np.random.default_rng(0), np.array([0, 1, 0]))
    assert set(drawn[[0, 2], 0]) <= {0, 1}  # nobody used item 2
    assert drawn[1, 0] == 1


def test_the_generator_decides_the_draw(make_dataset: Make) -> None:
    pairs = Pairs(make_dataset())
    one, same, other = (
        np.concatenate([b[2] for b in pairs.batches(np.random.default_rng(seed), 64)])
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_rows_in_random_order() -> None:
    found = [part for (part,) in shuffled(np.random.default_rng(0), np.arange(10, 33), 5)]
    assert [len(part) for part in found] == [5, 5, 5, 5, 3]
    assert sorted(torch.cat(found).tolist()) == list(range(10, 33))

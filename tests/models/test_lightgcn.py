"""The mathematics of lightgcn against a slow dense reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.data.dataset import Dataset  # noqa: E402
from prismrec.models.lightgcn import LightGcn, _LightGcn  # noqa: E402
from prismrec.train import Training  # noqa: E402

Make = Callable[..., Dataset]


def reference(task: _LightGcn, matrix: np.ndarray, layers: int) -> tuple[np.ndarray, np.ndarray]:
    scale = np.sqrt(np.outer(matrix.sum(1), matrix.sum(0)).clip(1))
    users, items = task.users.detach().numpy(), task.items.detach().numpy()
    sums = [users, items]
    for _ in range(layers):
        users, items = (matrix / scale) @ items, (matrix / scale).T @ users
        sums = [sums[0] + users, sums[1] + items]
    return sums[0] / (layers + 1), sums[1] / (layers + 1)


def test_towers_and_loss_are_those_of_the_paper(make_dataset: Make) -> None:
    data = make_dataset(12, 9, events=4, groups=3)
    task = _LightGcn(LightGcn(dim=5, layers=2, l2=0.1), data)
    users, items = reference(task, data.matrix().toarray(), 2)
    ours = [side.detach().numpy() for side in task.towers()]
    assert ours[0] == pytest.approx(users, abs=1e-5)
    assert ours[1] == pytest.approx(items, abs=1e-5)
    u, i, j = np.array([0, 3, 3]), np.array([1, 2, 4]), np.array([5, 6, 7])
    gap = (users[u] * (items[i] - items[j])).sum(1)
    raw = [task.users.detach()[u], task.items.detach()[i], task.items.detach()[j]]
    l2 = sum(float(part.square().sum()) for part in raw) / (2 * len(u))
    wanted = np.log1p(np.exp(-gap)).mean() + 0.1 * l2
    loss = task(*map(torch.from_numpy, (u, i, j)))
    assert float(loss.detach()) == pytest.approx(wanted, rel=1e-5)


def test_without_layers_nothing_is_smoothed(make_dataset: Make) -> None:
    task = _LightGcn(LightGcn(layers=0), make_dataset())
    assert torch.equal(task.towers()[0], task.users)


def test_media_make_no_difference_and_unused_items_get_no_opinion(make_dataset: Make) -> None:
    data = make_dataset()
    data = data.with_interactions(data.interactions.take(data.interactions.items != 3))
    bare = Dataset(data.interactions, data.user_ids, data.item_ids)
    with_media, without = (LightGcn().fit(d, Training(epochs=2)) for d in (data, bare))
    assert np.array_equal(with_media.items, without.items)
    assert with_media.newcomers is None
    assert np.flatnonzero(~with_media.has_opinion).tolist() == [3]

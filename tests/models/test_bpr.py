"""The mathematics of bpr by hand."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.models.bpr import Bpr, _Bpr  # noqa: E402


def test_the_loss_compares_user_times_item_plus_bias(make_dataset) -> None:
    task = _Bpr(Bpr(dim=4, l2=0.2), make_dataset())
    with torch.no_grad():
        task.bias.normal_(generator=torch.Generator().manual_seed(0))
    users, items, bias = (p.detach().numpy() for p in (task.users, task.items, task.bias))
    u, i, j = np.array([0, 7]), np.array([1, 2]), np.array([5, 3])
    gap = (users[u] * (items[i] - items[j])).sum(1) + (bias[i] - bias[j])[:, 0]
    l2 = sum((part**2).sum() for part in (users[u], items[i], items[j])) / (2 * len(u))
    wanted = np.log1p(np.exp(-gap)).mean() + 0.2 * l2
    loss = task(*map(torch.from_numpy, (u, i, j)))
    assert float(loss.detach()) == pytest.approx(wanted, rel=1e-5)


def test_towers_give_the_scores_that_were_compared(make_dataset) -> None:
    data = make_dataset()
    task = _Bpr(Bpr(dim=4), data)
    with torch.no_grad():
        task.bias.normal_(generator=torch.Generator().manual_seed(0))
        users, items = task.towers()
        wanted = task.users @ task.items.T + task.bias.T
    torch.testing.assert_close(users @ items.T, wanted)

import numpy as np
import pytest
import torch
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.graph.likeness import blended
from prismrec.models.dragon import Dragon, _Company, _Dragon, companions
from prismrec.rankers import Query
from prismrec.train import Training


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def friends(log, n):
    """Softmax over the n users with most items in common, user by user."""
    common = log @ log.T
    out = np.zeros_like(common)
    for user, row in enumerate(common):
        row[user] = 0
        best = [other for other in np.argsort(-row, kind="stable")[:n] if row[other] > 0]
        weights = np.exp(row[best] - row.max())
        out[user, best] = weights / weights.sum()
    return out


def convolved(log, users, items, layers):
    graph = log / np.sqrt(np.maximum(np.outer(log.sum(axis=1), log.sum(axis=0)), 1e-12))
    total_users, total_items = users, items
    for _ in range(layers):
        users, items = graph @ items, graph.T @ users
        total_users, total_items = total_users + users, total_items + items
    return total_users / (layers + 1), total_items / (layers + 1)


def test_towers_are_parts_side_by_side_each_spread_by_itself(make_dataset):
    data = make_dataset()
    log = data.matrix().toarray()
    task = _Dragon(Dragon(dim=4, layers=2, neighbours=3, companions=59), data)
    torch.manual_seed(0)
    task.shares.data.normal_()
    users, ids, weights = arrays(task.users, task.items, task.shares.softmax(dim=1))
    x = arrays(task.media()[0])[0]
    alike = blended(data.items, data.n_items, neighbours=3).toarray()
    alone = [x[:, 0], x[:, 1], ids]
    expected_users, expected_items = [], []
    for part, items in enumerate(alone):
        u, i = convolved(log, users[:, part * 4 : part * 4 + 4], items, layers=2)
        u = u * weights[:, part : part + 1]
        expected_users.append(u + friends(log, 59) @ u)
        expected_items.append(i + alike @ i)
    found_users, found_items = arrays(*task.towers())
    assert found_users == pytest.approx(np.hstack(expected_users), abs=1e-5)
    assert found_items == pytest.approx(np.hstack(expected_items), abs=1e-5)


def test_the_loss_is_bpr_of_the_towers(make_dataset):
    task = _Dragon(Dragon(dim=4, l2=0.0), make_dataset())
    batch = next(task.batches(np.random.default_rng(0)))
    users, used, others = (part.numpy() for part in batch)
    all_users, all_items = arrays(*task.towers())
    u, i, j = all_users[users], all_items[used], all_items[others]
    expected = np.log1p(np.exp((u * j).sum(axis=1) - (u * i).sum(axis=1))).mean()
    assert task(*batch).item() == pytest.approx(expected, rel=1e-5)


def test_companions_are_those_with_most_items_in_common(make_dataset):
    log = make_dataset(n_users=30, events=6).matrix()
    found = companions(log, 4).toarray()
    expected = friends(log.toarray(), 4)
    # Which of two equals is kept may differ, their weights not.
    assert np.sort(found, axis=1) == pytest.approx(np.sort(expected, axis=1), abs=1e-6)
    assert (np.diag(found) == 0).all()
    alone = sparse.csr_array(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]], np.float32))
    assert companions(alone, 2).toarray() == pytest.approx(
        np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0]])
    )


def test_a_sum_over_company_is_the_graphs_product_with_its_gradient():
    rng = np.random.default_rng(0)
    dense = (rng.random((7, 7)) * (rng.random((7, 7)) < 0.4)).astype(np.float32)
    dense[2] = 0
    company = _Company(sparse.csr_array(dense))
    x = torch.from_numpy(rng.normal(size=(7, 3)).astype(np.float32)).requires_grad_()
    chosen = torch.tensor([4, 2, 4, 0])
    found = company(x, chosen)
    assert torch.allclose(found, torch.from_numpy(dense)[chosen] @ x, atol=1e-6)
    assert torch.allclose(company(x), torch.from_numpy(dense) @ x, atol=1e-6)
    (gradient,) = torch.autograd.grad(found.square().sum(), x)
    (by_hand,) = torch.autograd.grad((torch.from_numpy(dense)[chosen] @ x).square().sum(), x)
    assert torch.allclose(gradient, by_hand, atol=1e-5)


def test_nobody_has_company_in_an_empty_graph():
    company = _Company(sparse.csr_array((3, 3), dtype=np.float32))
    assert torch.equal(company(torch.ones(3, 2)), torch.zeros(3, 2))


def test_items_that_nobody_used_are_placed_by_their_media(make_dataset):
    data = make_dataset(n_users=80)
    warm = data.with_interactions(data.interactions.take(data.interactions.items >= 8))
    scores = Dragon(dim=8, learning_rate=0.02).fit(warm, Training(epochs=10)).score(Query.of(warm))
    own = np.arange(80)[:, None] % 4 == np.arange(8) % 4  # two items of each group
    gain = (scores[:, :8] * own).sum(axis=1) / 2 - (scores[:, :8] * ~own).sum(axis=1) / 6
    assert (gain > 0).mean() > 0.9


def test_what_a_user_shows_adds_to_every_part(make_dataset):
    data = make_dataset()
    photos = Feature.of(np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32))
    both = type(data)(
        data.interactions, data.user_ids, data.item_ids, data.items, {"image": photos}
    )
    model = Dragon(dim=4, layers=0, companions=0)
    task, bare = (_Dragon(model, each) for each in (both, data))
    task.users.data[:] = bare.users.data
    added = (task.towers()[0] - bare.towers()[0]).unflatten(1, (3, 4))
    shown = task.profile.summed() / 3  # shares start equal
    assert shown.abs().sum() > 0
    for part in range(3):
        assert torch.allclose(added[:, part], shown, atol=1e-6)

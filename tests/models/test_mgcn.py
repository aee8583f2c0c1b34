import numpy as np
import pytest
import torch

from prismrec.models.mgcn import Mgcn, _Fuser, _Mgcn
from prismrec.rankers import Query
from prismrec.train import Training


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def linear(layer, x):
    out = x @ layer.weight.detach().numpy().T
    return out if layer.bias is None else out + layer.bias.detach().numpy()


def fused(fuser, x, present, behaviour):
    """Row by row and modality by modality: x (n, m, d), present (n, m), behaviour (n, d)."""
    out = np.zeros_like(behaviour)
    for row in range(len(x)):
        own = np.flatnonzero(present[row])
        if not len(own):
            continue
        y = x[row, own]
        scores = np.exp(linear(fuser.ask, np.tanh(linear(fuser.look, y)))[:, 0])
        common = (scores / scores.sum()) @ y
        special = [sigmoid(linear(fuser.tastes[k], behaviour[row])) * (x[row, k] - common)
                   for k in own]  # fmt: skip
        out[row] = common + np.mean(special, axis=0)
    return out


def dense(graph):
    return graph(torch.eye(graph.shape[1])).numpy()


def test_the_media_view_is_common_plus_special_parts_gated_by_behaviour():
    torch.manual_seed(0)
    fuser, rng = _Fuser(3, 4), np.random.default_rng(0)
    x = rng.normal(size=(6, 3, 4)).astype(np.float32)
    behaviour = rng.normal(size=(6, 4)).astype(np.float32)
    present = rng.random((6, 3)) < 0.6
    present[0] = False
    x[~present] = 0  # as a graph without edges gives them
    with torch.no_grad():
        found = fuser(*(torch.from_numpy(a) for a in (x.reshape(6, 12), present, behaviour)))
    assert found.numpy() == pytest.approx(fused(fuser, x, present, behaviour), abs=1e-5)


def test_towers_add_a_behaviour_and_a_media_view(make_dataset):
    data = make_dataset()
    task = _Mgcn(Mgcn(dim=4, layers=1), data)
    users, items = (part.detach().numpy() for part in (task.users, task.items))
    log = dense(task.graph)
    by_log = (users + log @ items) / 2, (items + log.T @ users) / 2
    show = []
    for k in range(2):
        gate = sigmoid(linear(task.media.projections[k], task.media.values(k).numpy()))
        show.append(dense(task.alike[k]) @ (items * gate))
    items_show = np.stack(show, axis=1)
    users_saw = np.einsum("ui,imd->umd", log, items_show)
    present = task.media.present.numpy()
    expected = (
        by_log[0] + fused(task.fuser, users_saw, np.ones((60, 2), bool), by_log[0]),
        by_log[1] + fused(task.fuser, items_show, present, by_log[1]),
    )
    for tower, known in zip(task.towers(), expected, strict=True):
        assert tower.detach().numpy() == pytest.approx(known, abs=1e-5)


def test_a_batch_is_scored_as_the_towers_score_it(make_dataset):
    task = _Mgcn(Mgcn(dim=4, contrast=0.0, l2=0.0), make_dataset())
    users, used, others = batch = next(task.batches(np.random.default_rng(0)))
    all_users, all_items = (tower.detach() for tower in task.towers())
    margin = (all_users[users] * (all_items[used] - all_items[others])).sum(dim=1)
    assert task(*batch).item() == pytest.approx(float(torch.log1p(torch.exp(-margin)).mean()))


def test_what_has_no_media_is_compared_with_nothing(make_dataset):
    task = _Mgcn(Mgcn(dim=4), make_dataset())
    behaviour, media = torch.randn(5, 4), torch.randn(5, 4)
    present = torch.tensor([[1, 0], [0, 1], [0, 0], [1, 1], [0, 0]], dtype=torch.bool)
    found = task._contrast(behaviour, media, present, torch.arange(5))
    one, other = (torch.nn.functional.normalize(view[[0, 1, 3]]) for view in (media, behaviour))
    logits = one @ other.T / 0.2
    each = sum(side.logsumexp(dim=1) - side.diagonal() for side in (logits, logits.T)) / 2
    assert found.item() == pytest.approx(each.sum().item() / 5, rel=1e-5)


def test_one_item_twice_in_a_batch_is_no_negative_of_itself(make_dataset):
    task = _Mgcn(Mgcn(dim=4), make_dataset())
    same = torch.zeros(3, dtype=torch.int64)
    found = task._contrast(torch.randn(2, 4), torch.randn(2, 4), torch.ones(2, 2).bool(), same)
    assert found.item() == pytest.approx(0, abs=1e-6)


def test_items_without_a_history_are_placed_by_their_media(make_dataset):
    data = make_dataset(n_users=80)
    cold = data.interactions.items < 8  # two of each group
    warm = data.with_interactions(data.interactions.take(~cold))
    model = Mgcn(dim=16, learning_rate=0.02)
    scores = model.fit(warm, Training(epochs=12)).score(Query.of(warm))[:, :8]
    own = np.arange(80)[:, None] % 4 == np.arange(8) % 4
    lead = (scores * own).sum(axis=1) / 2 - (scores * ~own).sum(axis=1) / 6
    assert (lead > 0).mean() > 0.9

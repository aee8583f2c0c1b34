import numpy as np
import pytest
import torch

from prismrec.data.features import Feature
from prismrec.models.bm3 import Bm3, _Bm3, apart, blurred
from prismrec.rankers import Query
from prismrec.train import Training


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def spread(data, users, items, layers):
    """Light convolution with dense matrices, items with their own embedding once more."""
    log = data.matrix().toarray()
    degrees = np.outer(log.sum(axis=1), log.sum(axis=0))
    graph = log / np.sqrt(np.maximum(degrees, 1e-12))
    total_users, total_items, own = users, items, items
    for _ in range(layers):
        users, items = graph @ items, graph.T @ users
        total_users, total_items = total_users + users, total_items + items
    return total_users / (layers + 1), total_items / (layers + 1) + own


def far(a, b):
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return 1 - (a * b).sum(axis=1) / lengths


def shaken(task):
    """A predictor that is not where it started."""
    torch.manual_seed(0)
    for parameter in task.predictor.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    return task


def predicted(task, x):
    weight, bias = arrays(task.predictor.weight, task.predictor.bias)
    return x @ weight.T + bias


def test_the_loss_is_what_the_docstring_says(make_dataset):
    data = make_dataset()
    task = shaken(_Bm3(Bm3(dim=4, layers=2, dropout=0.0, weight=0.7, l2=0.3), data))
    batch = next(task.batches(np.random.default_rng(0)))
    users, used = (part.numpy() for part in batch)
    all_users, all_items = spread(data, *arrays(task.users, task.items), layers=2)
    u, i = all_users[users], all_items[used]
    expected = (far(predicted(task, u), i) + far(predicted(task, i), u)).mean()
    expected += 0.3 * ((u**2).sum() + (i**2).sum()) / (2 * len(u))
    for k, name in enumerate(("image", "text")):
        projection = task.media.projections[k]
        x = task.media.values(k).numpy()[used] @ arrays(projection.weight)[0].T
        x += arrays(projection.bias)[0]
        has = data.items[name].present[used]
        said = predicted(task, x)
        expected += 0.7 * (far(said, i) + far(said, x))[has].mean()
    assert not data.items["image"].present[used].all()
    assert task(*batch).item() == pytest.approx(expected, rel=1e-4)


def test_a_score_is_the_dot_product_of_predictions(make_dataset):
    data = make_dataset()
    task = shaken(_Bm3(Bm3(dim=4, layers=1), data))
    expected = [
        predicted(task, side) for side in spread(data, *arrays(task.users, task.items), layers=1)
    ]
    for found, wanted in zip(arrays(*task.towers()), expected, strict=True):
        assert found == pytest.approx(wanted, abs=1e-5)


def test_what_is_predicted_passes_no_gradient(make_dataset):
    task = _Bm3(Bm3(dim=4, layers=0, dropout=0.0, weight=0.0, l2=0.0), make_dataset())
    users, used = next(task.batches(np.random.default_rng(0)))
    task(users, used).backward()
    by_hand = task.users.detach().clone().requires_grad_()
    # Without layers a user's own embedding is moved by what it predicts alone.
    u, i = by_hand[users], 2 * task.items.detach()[used]
    apart(task.predictor(u).detach() + u - u.detach(), i).mean().backward()
    assert torch.allclose(task.users.grad, by_hand.grad, atol=1e-5)


def test_a_blurred_view_lacks_about_the_share_asked_for():
    torch.manual_seed(1)
    view = torch.ones(300, 65)
    blurs = [blurred(view, 0.3), blurred(view, 0.3)]
    assert not torch.equal(*blurs)
    assert {*torch.cat(blurs).unique().tolist()} == {0.0, 1.0}
    columns = 1 - torch.stack(blurs).mean(dim=(0, 1))
    assert columns.mean().item() == pytest.approx(77 / 256, abs=0.01)
    assert columns.numpy() == pytest.approx(0.3, abs=0.1)  # each of eight octets alike
    assert torch.equal(blurred(view, 0.0), view)


def test_items_that_nobody_used_are_placed_by_their_media(make_dataset):
    data = make_dataset(n_users=80)
    warm = data.with_interactions(data.interactions.take(data.interactions.items >= 8))
    scores = Bm3(dim=16, learning_rate=0.01).fit(warm, Training(epochs=20)).score(Query.of(warm))
    own = np.arange(80)[:, None] % 4 == np.arange(8) % 4  # two items of each group
    gain = (scores[:, :8] * own).sum(axis=1) / 2 - (scores[:, :8] * ~own).sum(axis=1) / 6
    assert (gain > 0).mean() > 0.9


def test_what_a_user_shows_adds_to_the_user(make_dataset):
    data = make_dataset()
    photos = Feature.of(np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32))
    both = type(data)(
        data.interactions, data.user_ids, data.item_ids, data.items, {"image": photos}
    )
    task, bare = (_Bm3(Bm3(dim=4, layers=0), each) for each in (both, data))
    task.users.data[:] = bare.users.data
    added = task.towers()[0] - bare.towers()[0]
    assert torch.allclose(added, task.user_media.summed(), atol=1e-6)
    assert added.abs().sum() > 0

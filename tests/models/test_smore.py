import numpy as np
import pytest
import torch
from scipy import sparse

from prismrec.graph.likeness import likenesses
from prismrec.models.smore import Smore, _Smore, convolutions, largest
from prismrec.rankers import Query
from prismrec.train import Training


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def linear(layer, x):
    weight, *bias = arrays(*layer.parameters())
    return x @ weight.T + (bias[0] if bias else 0)


def balanced(log):
    return log / np.sqrt(np.maximum(np.outer(log.sum(axis=1), log.sum(axis=0)), 1e-12))


def side(views, x, present, behaviour):
    """The side view (n, d) of views x (n, m + 1, d), row by row."""
    out = np.zeros_like(behaviour)
    for row, (of, has, b) in enumerate(zip(x, present, behaviour, strict=True)):
        asked = linear(views.ask[2], np.tanh(linear(views.ask[0], of[-1]))).reshape(len(has), -1)
        weights = np.exp(asked) * has[:, None]
        share = weights / np.maximum(weights.sum(axis=0), 1e-30)
        taste = sigmoid(linear(views.tastes, b)).reshape(of.shape)
        out[row] = taste[-1] * of[-1] + (share * taste[:-1] * of[:-1]).sum(axis=0)
    return out


def test_towers_are_behaviour_plus_the_gated_views(make_dataset):
    data = make_dataset()
    task = _Smore(Smore(dim=6, layers=1, neighbours=3), data)
    views, graph = task.views, balanced(data.matrix().toarray())
    users, items = arrays(task.users, task.items)
    b_users, b_items = (users + graph @ items) / 2, (items + graph.T @ users) / 2
    x, present = arrays(*task.media())
    filters = arrays(torch.view_as_complex(views.filters.detach()))[0]
    filtered = np.fft.irfft(np.fft.rfft(x, axis=2) * filters, n=6, axis=2)
    (fused,) = arrays(views.fusion(*task.media()))
    alike = [g.toarray() for g in likenesses(data.items, 3, binary=False).values()]
    parts = [
        graph_of @ (items * sigmoid(linear(door, let)))
        for graph_of, door, let in zip(
            [*alike, np.maximum(*alike)],
            views.doors,
            [filtered[:, 0], filtered[:, 1], fused],
            strict=True,
        )
    ]
    shown = np.stack(parts, axis=1)  # (n_items, m + 1, d)
    saw = np.einsum("ui,imd->umd", graph, shown)
    have = data.matrix().toarray() @ present > 0
    found_users, found_items = arrays(*task.towers())
    assert found_items == pytest.approx(b_items + side(views, shown, present, b_items), abs=1e-5)
    assert found_users == pytest.approx(b_users + side(views, saw, have, b_users), abs=1e-5)


@pytest.mark.parametrize("dim", [6, 7])
def test_a_filter_is_a_convolution_in_a_circle(dim):
    rng = np.random.default_rng(0)
    filters, x = rng.normal(size=(2, dim // 2 + 1, 2)), rng.normal(size=(5, dim))
    found = convolutions(torch.from_numpy(filters.astype(np.float32)), dim).numpy()
    for one, matrix in zip(filters[..., 0] + 1j * filters[..., 1], found, strict=True):
        expected = np.fft.irfft(np.fft.rfft(x, axis=1) * one, n=dim, axis=1)
        assert x @ matrix == pytest.approx(expected, abs=1e-5)


def test_the_loss_looks_at_each_row_once_and_adds_the_contrast(make_dataset):
    task = _Smore(Smore(dim=6, contrast=0.0, l2=0.0), make_dataset())
    batch = next(task.batches(np.random.default_rng(0)))
    users, used, others = (part.numpy() for part in batch)
    all_users, all_items = arrays(*task.towers())
    u, i, j = all_users[users], all_items[used], all_items[others]
    expected = np.log1p(np.exp((u * j).sum(axis=1) - (u * i).sum(axis=1))).mean()
    assert task(*batch).item() == pytest.approx(expected, rel=1e-5)
    contrasted = _Smore(Smore(dim=6, contrast=0.5, l2=0.0), make_dataset())
    contrasted.load_state_dict(task.state_dict())
    more = contrasted(*batch).item() - expected
    assert 0 < more < 0.5 * 2 * (np.log(len(users)) + 2 / 0.2)  # two sides, cosines / temperature


def test_the_largest_edge_of_all_graphs_is_kept():
    graphs = [sparse.csr_array(np.array(a)) for a in ([[0, 0.2], [0.7, 0]], [[0, 0.5], [0, 0.1]])]
    (found,) = largest(graphs)
    assert found.toarray() == pytest.approx(np.array([[0, 0.5], [0.7, 0.1]]))
    assert largest([]) == []


def test_without_media_it_is_light_convolution(make_dataset):
    data = make_dataset()
    bare = type(data)(data.interactions, data.user_ids, data.item_ids)
    task = _Smore(Smore(dim=4, layers=1), bare)
    graph = balanced(data.matrix().toarray())
    users, items = arrays(task.users, task.items)
    assert arrays(*task.towers())[0] == pytest.approx((users + graph @ items) / 2, abs=1e-6)


def test_items_that_nobody_used_are_placed_by_their_media(make_dataset):
    data = make_dataset(n_users=80)
    warm = data.with_interactions(data.interactions.take(data.interactions.items >= 8))
    scores = Smore(dim=16, learning_rate=0.02).fit(warm, Training(epochs=15)).score(Query.of(warm))
    own = np.arange(80)[:, None] % 4 == np.arange(8) % 4  # two items of each group
    gain = (scores[:, :8] * own).sum(axis=1) / 2 - (scores[:, :8] * ~own).sum(axis=1) / 6
    assert (gain > 0).mean() > 0.9

import numpy as np
import pytest
import torch
from scipy import sparse
from torch.nn.functional import normalize

from prismrec.models.lattice import Lattice, _Lattice, _likeness
from prismrec.nn.propagation import Graph
from prismrec.rankers import Query
from prismrec.train import Training


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def alike(x, k):
    """The k largest positive cosines of each row, divided by the root of both degrees."""
    cosines = unit(x) @ unit(x).T
    np.fill_diagonal(cosines, -1)
    graph = np.zeros_like(cosines)
    for row, value in enumerate(cosines):
        best = np.argsort(-value, kind="stable")[:k]
        graph[row, best] = np.maximum(value[best], 0)
    rows, columns = (np.maximum(graph.sum(axis=axis, keepdims=True), 1e-12) for axis in (1, 0))
    return graph / np.sqrt(rows) / np.sqrt(columns)


def test_items_get_what_raw_and_learnt_neighbours_hold_by_the_shares_of_modalities(make_dataset):
    data = make_dataset()
    task = _Lattice(Lattice(dim=4, layers=0, neighbours=3, raw=0.7), data)
    task.scores.data[:] = torch.tensor([0.0, 1.0])
    items = task.items.detach().numpy()
    present = task.media.present.numpy()
    share = np.exp([0.0, 1.0]) * present
    share /= share.sum(axis=1, keepdims=True)
    expected = np.zeros_like(items)
    for k in range(2):
        raw = task.media.values(k).numpy()
        learnt = task.media()[0][:, k].detach().numpy()
        mixed = 0.7 * alike(raw, 3) + 0.3 * alike(learnt, 3)
        expected += share[:, k : k + 1] * (mixed @ items)
    assert task.towers()[1].detach().numpy() == pytest.approx(items + unit(expected), abs=1e-4)


def test_gradients_reach_transforms_and_shares_in_the_batch_that_measures(make_dataset):
    task = _Lattice(Lattice(dim=4), make_dataset())
    batches = task.batches(np.random.default_rng(0))
    task(*next(batches)).backward()
    for parameter in (*task.media.parameters(), task.scores):
        assert parameter.grad.abs().sum() > 0
    task.zero_grad()
    task(*next(batches)).backward()
    assert all(parameter.grad is None for parameter in task.media.parameters())
    assert task.scores.grad.abs().sum() > 0


def test_gradients_through_similarities_are_those_of_the_similarities():
    rng = np.random.default_rng(0)
    graph = Graph(sparse.csr_array(rng.random((6, 6)) < 0.5)).double()
    x = torch.from_numpy(rng.random((6, 3))).requires_grad_()  # no cosine is at 0, where it bends
    assert torch.autograd.gradcheck(lambda x: _likeness(graph, normalize(x, dim=1)), x)


def test_neighbours_are_looked_up_again_where_the_transforms_changed(make_dataset):
    task = _Lattice(Lattice(dim=4, neighbours=3), make_dataset())
    task.towers()
    first = task.learnt
    task.towers()
    assert task.learnt is first
    task.media.projections[0].weight.data[:, ::2] *= -3
    task.towers()
    assert task.learnt[0].columns.tolist() != first[0].columns.tolist()
    assert task.learnt[1].columns.tolist() == first[1].columns.tolist()


def test_items_without_a_history_are_placed_by_their_media(make_dataset):
    data = make_dataset(n_users=80)
    cold = data.interactions.items < 8  # two of each group
    warm = data.with_interactions(data.interactions.take(~cold))
    model = Lattice(dim=16, learning_rate=0.02)
    scores = model.fit(warm, Training(epochs=12)).score(Query.of(warm))[:, :8]
    own = np.arange(80)[:, None] % 4 == np.arange(8) % 4
    lead = (scores * own).sum(axis=1) / 2 - (scores * ~own).sum(axis=1) / 6
    assert (lead > 0).mean() > 0.9

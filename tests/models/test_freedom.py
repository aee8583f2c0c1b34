import numpy as np
import pytest
import torch

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.models.freedom import Freedom, _Freedom, thinned
from prismrec.rankers import Query
from prismrec.train import Training

QUICK = Training(epochs=1)


def balanced(a):
    """Each edge of a dense graph divided by the root of both its degrees."""
    rows, columns = (np.maximum(a.sum(axis=axis, keepdims=True), 1e-12) for axis in (1, 0))
    return a / np.sqrt(rows) / np.sqrt(columns)


def nearest(feature, k):
    has = feature.present[:, None]
    x = np.where(has, feature.values - feature.values[feature.present].mean(axis=0), 0)
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    cosines = x @ x.T
    np.fill_diagonal(cosines, -1)
    graph = np.zeros_like(cosines)
    for row, value in enumerate(cosines):
        best = np.argsort(-value, kind="stable")[:k]
        graph[row, best[value[best] > 0]] = 1
    return graph


def convolved(log, users, items, layers):
    graph = balanced(log)
    total_users, total_items = users, items
    for _ in range(layers):
        users, items = graph @ items, graph.T @ users
        total_users, total_items = total_users + users, total_items + items
    return total_users / (layers + 1), total_items / (layers + 1)


def numbers(task, *names):
    return (getattr(task, name).detach().numpy() for name in names)


def test_towers_are_light_convolution_plus_the_embeddings_of_alike_items(make_dataset):
    data = make_dataset()
    task = _Freedom(Freedom(dim=4, neighbours=3, weights=(1.0, 3.0)), data)
    users, items = numbers(task, "users", "items")
    has = np.stack([data.items[name].present for name in ("image", "text")], axis=1)
    share = has * [1, 3] / (has * [1, 3]).sum(axis=1, keepdims=True)
    alike = sum(
        share[:, k : k + 1] * balanced(nearest(data.items[name], 3))
        for k, name in enumerate(("image", "text"))
    )
    log = data.matrix().toarray()
    expected_users, expected_items = convolved(log, users, items, layers=2)
    found_users, found_items = (tower.detach().numpy() for tower in task.towers())
    assert found_users == pytest.approx(expected_users, abs=1e-5)
    assert found_items == pytest.approx(expected_items + alike @ items, abs=1e-5)


def test_the_loss_is_bpr_and_bpr_by_each_medium_that_both_items_have(make_dataset):
    data = make_dataset()
    task = _Freedom(Freedom(dim=4, kept=1.0, media_weight=0.5, l2=0.0), data)
    batch = next(task.batches(np.random.default_rng(0)))
    users, used, others = (part.numpy() for part in batch)
    towers = [tower.detach().numpy() for tower in task.towers()]
    u, i, j = towers[0][users], towers[1][used], towers[1][others]

    def bpr(x, y):
        return np.log1p(np.exp((u * y).sum(1) - (u * x).sum(1)))

    expected = bpr(i, j).mean()
    has = task.media.present.numpy()
    assert not has[used].all()
    for k in range(2):
        x = task.media.values(k).numpy() @ task.media.projections[k].weight.detach().numpy().T
        both = has[used, k] & has[others, k]
        expected += 0.5 * (bpr(x[used], x[others]) * both).mean()
    assert task(*batch).item() == pytest.approx(expected, rel=1e-5)


def test_each_epoch_is_trained_on_other_edges_and_all_are_served(make_dataset):
    task = _Freedom(Freedom(dim=4, kept=0.5), make_dataset())
    before = task.towers()[0]
    seen = []
    for seed in range(2):
        next(task.batches(np.random.default_rng(seed)))
        seen.append(task.thin.columns.tolist())
    assert seen[0] != seen[1]
    assert torch.equal(task.towers()[0], before)


def test_a_sample_of_edges_has_the_size_asked_for_and_nothing_new(make_dataset):
    log = make_dataset().matrix()
    sample = thinned(log, 0.3, np.random.default_rng(0))
    assert sample.nnz == round(0.3 * log.nnz)
    assert (log.toarray()[sample.nonzero()] > 0).all()
    assert set(sample.data) == {1}
    assert thinned(log, 1.0, np.random.default_rng(0)) is log


def test_edges_between_the_busy_are_drawn_by_the_root_of_both_degrees(make_dataset):
    log = make_dataset(n_users=8, n_items=8, events=4).matrix()
    users, items = log.sum(axis=1), log.sum(axis=0)
    odds = log.toarray() / np.sqrt(np.outer(users, items))
    drawn = np.zeros(log.shape)
    for seed in range(1500):  # of one edge each, where the odds are the shares
        drawn += thinned(log, 1 / log.nnz, np.random.default_rng(seed)).toarray()
    assert drawn.sum() == 1500
    assert drawn / 1500 == pytest.approx(odds / odds.sum(), abs=0.02)


def test_items_without_a_history_are_placed_by_their_media(make_dataset):
    data = make_dataset(n_users=80)
    cold = data.interactions.items < 8  # two of each group
    warm = data.with_interactions(data.interactions.take(~cold))
    model = Freedom(dim=16, learning_rate=0.02)
    scores = model.fit(warm, Training(epochs=20)).score(Query.of(warm))
    own = np.arange(80)[:, None] % 4 == np.arange(8) % 4
    cold_scores = scores[:, :8]
    mean = (cold_scores * own).sum(1) / 2 - (cold_scores * ~own).sum(1) / 6
    assert (mean > 0).mean() > 0.9


def test_what_a_user_shows_adds_to_the_user(make_dataset):
    data = make_dataset()
    photos = Feature.of(np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32))
    both = type(data)(
        data.interactions, data.user_ids, data.item_ids, data.items, {"image": photos}
    )
    with_photos, without = (_Freedom(Freedom(dim=4, layers=0), each) for each in (both, data))
    with_photos.users.data[:] = without.users.data
    added = with_photos.towers()[0] - without.towers()[0]
    assert torch.allclose(added, with_photos.profile.summed(), atol=1e-6)
    assert added.abs().sum() > 0


def test_weights_that_do_not_fit_the_modalities_are_refused(make_dataset):
    with pytest.raises(BadData, match="2 weights of image, text"):
        Freedom(weights=(1.0,)).fit(make_dataset(), QUICK)

"""joint-net: the loss by hand, and what it learns from raw media alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.data.vocabulary import Vocabulary
from prismrec.models.joint_net import L2, JointNet, _JointNet
from prismrec.rankers import Query
from prismrec.train import Training

N_USERS, N_ITEMS, COLD = 40, 32, 6  # the last items are used by nobody
LAYOUTS = ("pixels", "tokens", "log-mel", "vector")


def raw(layout: str, kinds: np.ndarray) -> Feature:
    """Media of two kinds that a network can tell apart, and little else can."""
    rng = np.random.default_rng(1)
    n = len(kinds)
    if layout == "pixels":
        values = rng.random((n, 16, 16, 3)) * 0.5
        values[..., 0] += 0.4 * kinds[:, None, None]
    elif layout == "tokens":
        values = rng.integers(3, 30, (n, 6))
        values[np.arange(n), rng.integers(0, 6, n)] = 1 + kinds
    elif layout == "log-mel":
        values = rng.random((n, 16, 64)) * 0.5
        values[:, :, 16:32] += 0.4 * kinds[:, None, None]
    else:
        values = rng.normal(size=(n, 4)) + 2 * kinds[:, None]
    flat = values.reshape(n, -1).astype(np.float32)
    return Feature(flat, np.ones(n, bool), layout=layout)


def shop(**layouts: str) -> Dataset:
    """Every other user likes every other item; items do not tell who else uses them."""
    rng = np.random.default_rng(0)
    kinds = np.arange(N_ITEMS) % 2
    likes = np.equal.outer(np.arange(N_USERS) % 2, kinds) & (rng.random((N_USERS, N_ITEMS)) < 0.5)
    likes[:, -COLD:] = False
    users, items = np.nonzero(likes)
    ids = (
        Vocabulary(tuple(f"{k}{row}" for row in range(n)))
        for k, n in (("u", N_USERS), ("i", N_ITEMS))
    )
    features = {name: raw(layout, kinds) for name, layout in layouts.items()}
    return Dataset(Interactions.of(users, items), *ids, features)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_item_that_nobody_used_is_placed_by_its_raw_media(layout) -> None:
    data = shop(media=layout)
    ranker = JointNet(dim=16).fit(data, Training(epochs=12))
    cold = ranker.score(Query.of(data))[:, -COLD:]
    own = np.equal.outer(np.arange(N_USERS) % 2, np.arange(N_ITEMS - COLD, N_ITEMS) % 2)
    liked, other = cold[own].reshape(N_USERS, -1), cold[~own].reshape(N_USERS, -1)
    assert (liked.mean(axis=1) > other.mean(axis=1)).mean() > 0.9


def test_the_loss_by_hand() -> None:
    data = shop()
    task = _JointNet(JointNet(dim=4, dropout=0), data)
    users, used = task.pairs.users[::40], task.pairs.items[::40]
    own, items, told = (p.detach().numpy() for p in (task.users, task.items, task.told))
    there = data.matrix().toarray() > 0
    support = there.sum(axis=0)
    batch = sorted({*used})
    chance = 1 - (1 - support[batch] / support.sum()) ** task.size
    expected, length = 0.0, 0.0
    for user, item in zip(users, used, strict=True):
        history = [j for j in np.flatnonzero(there[user]) if j != item]
        u = own[user] + told[history].sum(axis=0) / np.sqrt(len(history))
        logits = items[batch] @ u + task.bias.detach().numpy()[batch] - np.log(chance)
        expected += np.log(np.exp(logits).sum()) - logits[batch.index(item)]
        length += (u**2).sum() / 2
    expected = (expected + L2 * length) / len(users)
    expected += L2 * (items[batch] ** 2).sum() / 2 / len(batch)
    found = task(torch.from_numpy(users), torch.from_numpy(used))
    assert found.item() == pytest.approx(expected, rel=1e-4)


def test_it_starts_as_popularity() -> None:
    data = shop()
    bias = _JointNet(JointNet(), data).bias.detach().numpy()
    support = data.item_support()
    used = support > 0
    assert np.exp(bias[used]) / np.exp(bias[used]).sum() == pytest.approx(
        support[used] / support.sum(), rel=1e-4
    )
    assert (bias[~used] == 0).all()  # neither liked nor passed over


def test_a_stranger_without_history_gets_what_is_popular() -> None:
    data = shop()
    ranker = JointNet(dim=4).fit(data, Training(epochs=1))
    (scores,) = ranker.score(Query(np.array([-1]), Jagged.from_rows([[]])))
    assert data.item_support()[np.nanargmax(scores)] == data.item_support().max()


def test_raw_media_are_not_kept_and_vectors_are() -> None:
    few = Training(epochs=1)
    assert JointNet(dim=4).fit(shop(image="pixels"), few).newcomers is None
    both = JointNet(dim=4).fit(shop(image="pixels", text="vector"), few)
    assert [*both.newcomers.vectors] == ["text"]


def test_without_ids_equal_media_have_equal_vectors() -> None:
    data = shop(media="vector")
    values = data.items["media"].values.copy()
    values[7] = values[2]
    same = Dataset(data.interactions, data.user_ids, data.item_ids, {"media": Feature.of(values)})
    for ids in (False, True):
        items = JointNet(dim=4, ids=ids).fit(same, Training(epochs=2)).items
        assert np.allclose(items[2], items[7], atol=1e-6) != ids


def test_pictures_are_changed_anew_for_every_epoch_and_equal_seeds_give_equal_scores() -> None:
    data = shop(image="pixels")
    model = registry.build("models", "joint-net:dim=4:augment=flip,erase(chance=1)")
    query = Query.of(data)
    one, other = (model.fit(data, Training(epochs=2)).score(query) for _ in range(2))
    assert np.array_equal(one, other)
    plain = JointNet(dim=4).fit(data, Training(epochs=2)).score(query)
    assert not np.allclose(one, plain, atol=1e-4)

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.data.dataset import Dataset  # noqa: E402
from prismrec.data.features import Feature  # noqa: E402
from prismrec.data.interactions import Interactions  # noqa: E402
from prismrec.data.vocabulary import Vocabulary  # noqa: E402
from prismrec.models.content_tower import ContentTower, _ContentTower  # noqa: E402
from prismrec.rankers import Query  # noqa: E402
from prismrec.rankers.content_towers import ContentTowers  # noqa: E402
from prismrec.saving import load  # noqa: E402
from prismrec.train import Training  # noqa: E402

N_USERS, N_ITEMS = 40, 30
COLD = np.arange(24, 30)  # nobody used these
BARE = 0  # has no media


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Three tastes; item i is of kind i % 3, and its picture shows it."""
    rng = np.random.default_rng(0)
    mine = np.arange(N_USERS)[:, None] % 3 == np.arange(COLD[0]) % 3
    users, items = np.nonzero(mine & (rng.random(mine.shape) < 0.7))
    looks = np.eye(3)[np.arange(N_ITEMS) % 3] + rng.normal(size=(N_ITEMS, 3)) * 0.2
    image = Feature.of(looks, np.arange(N_ITEMS) != BARE)
    ids = (Vocabulary(tuple(map(str, range(n)))) for n in (N_USERS, N_ITEMS))
    return Dataset(Interactions.of(users, items), *ids, {"image": image})


@pytest.fixture(scope="module")
def ranker(data) -> ContentTowers:
    return ContentTower(dim=8, learning_rate=0.01).fit(data, Training(epochs=15))


def test_items_that_nobody_used_find_those_who_like_their_kind(data, ranker):
    scores = ranker.score(Query.of(data))[:, COLD]
    assert (COLD[scores.argmax(axis=1)] % 3 == np.arange(N_USERS) % 3).all()


def test_a_new_item_stands_where_a_known_one_without_history_does(data, ranker, tmp_path):
    again = {"image": data.items["image"].take(COLD)}
    scores = ranker.with_items(again).score(Query.of(data))
    assert scores[:, N_ITEMS:] == pytest.approx(scores[:, COLD], rel=1e-4, abs=1e-5)
    ranker.save(tmp_path)
    kept = load(tmp_path).with_items(again).score(Query.of(data))
    assert np.array_equal(kept, scores, equal_nan=True)


def test_the_loss_is_a_softmax_over_the_batch_made_by_hand(data):
    model = ContentTower(dim=4, l2=0, dropout=0)
    task = _ContentTower(model, data)
    users, used = np.array([0, 1, 2, 3, 4]), np.array([BARE, 1, 2, 3, 1])
    with_id = np.array([False, True, False, True, False])
    said = task.content().detach().double().numpy()
    ids, people = (p.detach().double().numpy() for p in (task.ids, task.users))
    t, support = task.temperature().item(), data.item_support()
    rows = [said[i] + ids[i] * (w or i == BARE) for i, w in zip(used, with_id, strict=True)]
    rows = [row / np.linalg.norm(row) for row in rows]
    total = 0.0
    for k, u in enumerate(users):
        taste = people[u] / np.linalg.norm(people[u])
        # User 4 and user 1 have the same item: to neither is it a negative.
        others = [j for j in range(5) if j == k or used[j] != used[k]]
        logits = {j: taste @ rows[j] / t - np.log(support[used[j]] / support.sum()) for j in others}
        total += np.log(sum(np.exp(value) for value in logits.values())) - logits[k]
    loss = task(*(torch.from_numpy(part) for part in (users, used, with_id)))
    assert loss.item() == pytest.approx(total / 5, rel=1e-5)


def test_as_many_items_have_their_id_as_is_asked_for(data):
    task = _ContentTower(ContentTower(with_id=0.25), data)
    shares = [w.double().mean().item() for _, _, w in task.batches(np.random.default_rng(0))]
    assert np.mean(shares) == pytest.approx(0.25, abs=0.08)


def test_without_media_ids_alone_decide(data):
    bare = Dataset(data.interactions, data.user_ids, data.item_ids)
    ranker = ContentTower(dim=8, learning_rate=0.01).fit(bare, Training(epochs=15))
    scores = ranker.score(Query.of(bare))
    assert np.isnan(scores[:, COLD]).all()
    assert (np.nanargmax(scores, axis=1) % 3 == np.arange(N_USERS) % 3).mean() > 0.9

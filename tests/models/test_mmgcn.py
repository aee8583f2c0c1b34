import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.data.dataset import Dataset  # noqa: E402
from prismrec.data.features import Feature  # noqa: E402
from prismrec.data.interactions import Interactions  # noqa: E402
from prismrec.data.vocabulary import Vocabulary  # noqa: E402
from prismrec.models.mmgcn import Mmgcn, _Mmgcn  # noqa: E402

N_USERS, N_ITEMS, COLD = 5, 6, 5  # nobody used the last item


@pytest.fixture
def data() -> Dataset:
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((N_USERS, COLD)) < 0.6)
    image = Feature.of(rng.normal(size=(N_ITEMS, 5)), np.arange(N_ITEMS) != 1)
    text = Feature.of(rng.normal(size=(N_ITEMS, 3)), np.arange(N_ITEMS) != 2)
    profile = Feature.of(rng.normal(size=(N_USERS, 4)))
    ids = (Vocabulary(tuple(map(str, range(n)))) for n in (N_USERS, N_ITEMS))
    return Dataset(
        Interactions.of(users, items), *ids, {"image": image, "text": text}, {"text": profile}
    )


def leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0.01 * x)


def test_each_medium_is_spread_by_itself_and_then_summed(data):
    task = _Mmgcn(Mmgcn(dim=4, layers=2), data).eval()
    p = {name: value.detach().double().numpy() for name, value in task.named_parameters()}
    log = data.matrix().toarray() > 0
    ids = p["items"].copy()
    ids[COLD] = ids[log.any(axis=0)].mean(axis=0)
    profile = task.profile.values(0).double().numpy() @ p["profile.projections.0.weight"].T
    all_users, all_items = np.zeros((N_USERS, 4)), np.zeros((N_ITEMS, 4))
    for m in range(2):
        users = p["tastes"][:, 4 * m : 4 * m + 4] + profile + p["profile.projections.0.bias"]
        items = task.media.values(m).double().numpy() @ p[f"media.projections.{m}.weight"].T
        items = (items + p[f"media.projections.{m}.bias"]) * task.media.present.numpy()[:, m, None]
        for layer in range(2):
            near, own = p[f"layers.{layer}.near"][m], p[f"layers.{layer}.own"][m]
            around_users = [items[log[u]].mean(axis=0) for u in range(N_USERS)]
            around_items = [
                users[log[:, i]].mean(axis=0) if log[:, i].any() else np.zeros(4)
                for i in range(N_ITEMS)
            ]
            users, items = (
                leaky(np.array(around_users) @ near + leaky(users @ own) + p["users"]),
                leaky(np.array(around_items) @ near + leaky(items @ own) + ids),
            )
        all_users, all_items = all_users + users, all_items + items
    got_users, got_items = (side.detach().numpy() for side in task.towers())
    assert got_users == pytest.approx(all_users, rel=1e-4, abs=1e-6)
    assert got_items == pytest.approx(all_items, rel=1e-4, abs=1e-6)

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec.data.dataset import Dataset  # noqa: E402
from prismrec.data.features import Feature  # noqa: E402
from prismrec.data.interactions import Interactions  # noqa: E402
from prismrec.data.vocabulary import Vocabulary  # noqa: E402
from prismrec.models.grcn import Grcn, _Grcn  # noqa: E402

N_USERS, N_ITEMS = 5, 7
COLD, BARE = 6, 3  # one that nobody used, one without media


@pytest.fixture
def data() -> Dataset:
    rng = np.random.default_rng(0)
    used = rng.random((N_USERS, N_ITEMS)) < 0.6
    used[:, COLD], used[0, BARE] = False, True
    users, items = np.nonzero(used)
    image = Feature.of(rng.normal(size=(N_ITEMS, 5)), ~np.isin(np.arange(N_ITEMS), (1, BARE)))
    text = Feature.of(rng.normal(size=(N_ITEMS, 3)), np.arange(N_ITEMS) != BARE)
    ids = (Vocabulary(tuple(map(str, range(n)))) for n in (N_USERS, N_ITEMS))
    return Dataset(Interactions.of(users, items), *ids, {"image": image, "text": text})


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def test_edges_fade_by_how_well_media_explain_them(data):
    task = _Grcn(Grcn(dim=4, layers=1), data).eval()
    generator = torch.Generator().manual_seed(0)
    for parameter in task.parameters():
        torch.nn.init.normal_(parameter.data, generator=generator)
    task.trust.data = torch.tensor([-5.0, -3.0])  # what explains an edge cuts it: rare otherwise
    p = {name: value.detach().double().numpy() for name, value in task.named_parameters()}
    log, present = data.matrix().toarray() > 0, task.media.present.numpy()
    seen, tastes = [], []
    for m in range(2):
        values = task.media.values(m).double().numpy() @ p[f"media.projections.{m}.weight"].T
        f = unit((values + p[f"media.projections.{m}.bias"]) * present[:, m, None])
        mean = np.array([f[log[u]].mean(axis=0) for u in range(N_USERS)])
        seen.append(f)
        tastes.append(unit(p["tastes"][:, 4 * m : 4 * m + 4] + mean))
    graph = np.zeros((N_USERS, N_ITEMS))
    for u, i in np.argwhere(log):
        said = [p["trust"][m] * tastes[m][u] @ seen[m][i] for m in range(2) if present[i, m]]
        graph[u, i] = max(0, 1 + max(said, default=0)) / np.sqrt(log[u].sum() * log[:, i].sum())
    assert (graph[log] == 0).any()  # or the test says nothing about cut edges
    users = (p["users"] + graph @ p["items"]) / 2
    items = (p["items"] + graph.T @ p["users"]) / 2
    items[COLD] = items[log.any(axis=0)].mean(axis=0)
    wanted = users @ items.T + sum(tastes[m] @ seen[m].T for m in range(2))
    got_users, got_items = (side.detach().numpy() for side in task.towers())
    assert got_users @ got_items.T == pytest.approx(wanted, rel=1e-4, abs=1e-6)


def test_the_loss_reaches_the_trust_in_media_through_the_edges(data):
    task = _Grcn(Grcn(dim=4), data)
    task.trust.data = torch.tensor([0.1, 0.1])  # no edge is cut, where no gradient passes
    task(torch.tensor([0, 1]), torch.tensor([0, 2]), torch.tensor([4, 5])).backward()
    assert (task.trust.grad != 0).all()

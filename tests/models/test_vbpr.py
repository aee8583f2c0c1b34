import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec import registry  # noqa: E402
from prismrec.data.dataset import Dataset  # noqa: E402
from prismrec.data.features import Feature  # noqa: E402
from prismrec.data.interactions import Interactions  # noqa: E402
from prismrec.data.vocabulary import Vocabulary  # noqa: E402
from prismrec.models.vbpr import Vbpr, _Vbpr  # noqa: E402
from prismrec.rankers import Query, Towers  # noqa: E402
from prismrec.rankers.content_towers import ContentTowers  # noqa: E402
from prismrec.train import Training  # noqa: E402

N_USERS, N_ITEMS, COLD = 6, 8, 7  # nobody used the last item


@pytest.fixture
def data() -> Dataset:
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((N_USERS, COLD)) < 0.5)
    image = Feature.of(rng.normal(size=(N_ITEMS, 5)), np.arange(N_ITEMS) != 1)
    text = Feature.of(rng.normal(size=(N_ITEMS, 3)), np.arange(N_ITEMS) != 2)
    profile = Feature.of(rng.normal(size=(N_USERS, 4)), np.arange(N_USERS) != 3)
    ids = (Vocabulary(tuple(map(str, range(n)))) for n in (N_USERS, N_ITEMS))
    return Dataset(
        Interactions.of(users, items), *ids, {"image": image, "text": text}, {"text": profile}
    )


def shuffled(task: torch.nn.Module) -> torch.nn.Module:
    """With parameters that are not near zero, so that each term shows."""
    generator = torch.Generator().manual_seed(0)
    for parameter in task.parameters():
        torch.nn.init.normal_(parameter.data, generator=generator)
    return task.eval()


def arrays(task: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.detach().double().numpy() for name, value in task.named_parameters()}


def test_a_score_is_the_formula(data):
    task = shuffled(_Vbpr(Vbpr(dim=4, fusion="sum"), data))
    p, media, profile = arrays(task), task.media, task.profile.values(0).double().numpy()
    users, items = (side.detach().numpy() for side in task.towers())
    warm = np.flatnonzero(task.used.numpy())
    for u in range(N_USERS):
        w, b = p["profile.projections.0.weight"], p["profile.projections.0.bias"]
        taste = p["users"][u] + (w @ profile[u] + b) * (u != 3)
        for i in range(N_ITEMS):
            c = sum(
                p[f"media.projections.{m}.weight"] @ media.values(m)[i].double().numpy()
                + p[f"media.projections.{m}.bias"]
                for m in range(2)
                if media.present[i, m]
            )
            q, bias = p["items"][i], p["bias"][i]
            if i not in warm:
                q, bias = p["items"][warm].mean(axis=0), p["bias"][warm].mean(axis=0)
            wanted = taste[:4] @ q + taste[4:] @ c + (p["appeal"].T @ c + bias).item()
            assert users[u] @ items[i] == pytest.approx(wanted, rel=1e-4)


def test_the_loss_compares_the_scores_that_are_served(data):
    task = shuffled(_Vbpr(Vbpr(dim=4, l2=0, fusion="gated"), data))
    users, items = task.towers()
    u, i, j = torch.tensor([0, 3, 3]), torch.tensor([2, 1, 0]), torch.tensor([0, 0, 5])
    margin = (users[u] * (items[i] - items[j])).sum(1)
    wanted = torch.nn.functional.softplus(-margin).mean()
    assert task(u, i, j).item() == pytest.approx(wanted.item(), rel=1e-5)


def test_a_new_item_stands_where_a_known_one_without_history_does(data):
    ranker = Vbpr(dim=4).fit(data, Training(epochs=2))
    assert isinstance(ranker, ContentTowers)
    again = {name: feature.take(np.array([COLD])) for name, feature in data.items.items()}
    scores = ranker.with_items(again).score(Query.of(data))
    assert scores[:, -1] == pytest.approx(scores[:, COLD], rel=1e-4, abs=1e-6)


def test_other_fusions_place_new_items_by_neighbours(data):
    ranker = Vbpr(dim=4, fusion="attention").fit(data, Training(epochs=1))
    assert isinstance(ranker, Towers)
    assert ranker.newcomers is not None


def test_new_items_of_every_linear_fusion_are_exact(data):
    linear = [
        name
        for name in registry.names("fusions")
        if isinstance(Vbpr(dim=4, fusion=name).fit(data, Training(epochs=1)), ContentTowers)
    ]
    assert linear == ["concatenation", "mean", "sum", "weighted"]

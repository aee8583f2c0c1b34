import numpy as np
import pytest

torch = pytest.importorskip("torch")

from prismrec import registry  # noqa: E402
from prismrec.data.features import Feature  # noqa: E402
from prismrec.nn.item_network import item_network  # noqa: E402
from prismrec.nn.media import WIDEST, Media  # noqa: E402

N, DIM = 300, 8
LINEAR = ("mean", "sum", "concatenation", "weighted", "weighted(weights=1+3)")


def features(rng: np.random.Generator) -> dict[str, Feature]:
    widths = {"image": WIDEST + 20, "text": 5}  # the first is reduced, the second is not
    return {
        name: Feature.of(rng.normal(size=(N, width)), rng.random(N) < 0.7)
        for name, width in widths.items()
    }


@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("fusion", LINEAR)
def test_arrays_say_what_the_modules_say(fusion, unit):
    items = features(np.random.default_rng(0))
    media = Media(items, N, DIM)
    operator = registry.build_steps("fusions", fusion)[0].build(2, DIM)
    for parameter in operator.parameters():  # so that a bias or a share that is lost shows
        torch.nn.init.normal_(parameter.data)
    hidden, last = torch.nn.Linear(DIM, 6), torch.nn.Linear(6, 4)
    layers = [(hidden.weight, hidden.bias, "relu"), (last.weight, last.bias, "")]
    with torch.no_grad():
        x, present = media()
        wanted = last(torch.relu(hidden(operator(x, present))))
        wanted = torch.nn.functional.normalize(wanted) if unit else wanted
        wanted = (wanted * present.any(dim=1, keepdim=True)).numpy()
    vectors, there = item_network(media, operator, layers, unit=unit)(items, N)
    assert vectors == pytest.approx(wanted, abs=1e-5)
    assert np.array_equal(there, present.any(dim=1).numpy())


def test_other_fusions_and_no_media_have_none():
    media = Media(features(np.random.default_rng(0)), N, DIM)
    attention = registry.build_steps("fusions", "attention")[0].build(2, DIM)
    assert item_network(media, attention, []) is None
    total = registry.build_steps("fusions", "sum")[0].build(0, DIM)
    assert item_network(Media({}, N, DIM), total, []) is None

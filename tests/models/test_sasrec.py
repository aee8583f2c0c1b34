from dataclasses import replace

import numpy as np
import pytest
import torch

from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.models.sasrec import SasRec, _Layer, _SasRec
from prismrec.nn.sequences import NextItem, as_sequence_ranker
from prismrec.rankers import Query
from prismrec.train import Training

HISTORIES = Jagged.from_rows([[], [3], [3, 3, 1], [], list(range(16)), [7, 2, 5, 5, 9, 1]])


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (2, 1), (3, 4)])
def test_the_ranker_without_torch_is_the_network(make_dataset, layers, heads):
    data = make_dataset(12, 16)
    model = SasRec(dim=12, length=5, layers=layers, heads=heads)
    task = NextItem(model, _SasRec(model), data).eval()
    ranker = as_sequence_ranker(task, "transformer", data, about={})
    with torch.no_grad():
        vectors = task.vectors()
        for row, history in enumerate(map(HISTORIES.__getitem__, range(len(HISTORIES)))):
            x = torch.vstack([task.start, vectors[history[-5:]] * 12**0.5])
            expected = task.encoder(x[None])[0, -1] @ vectors.T
            scores = ranker.score(Query.strangers(HISTORIES).take(np.array([row])))
            assert scores[0] == pytest.approx(expected.numpy(), abs=1e-4)


def test_attention_is_a_mean_over_earlier_places_by_a_softmax():
    layer = _Layer(SasRec(dim=6, heads=2)).eval()
    layer.down.weight.data.zero_()
    layer.down.bias.data.zero_()
    x = torch.randn(1, 4, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found, normal = layer(x)[0], layer.attention_norm(x)[0]
        q, k, v = (part(normal).numpy() for part in (layer.query, layer.key, layer.value))
        for place in range(4):
            mixed = []
            for columns in (slice(0, 3), slice(3, 6)):
                weight = np.exp(k[: place + 1, columns] @ q[place, columns] / 3**0.5)
                mixed.append(weight / weight.sum() @ v[: place + 1, columns])
            expected = x[0, place] + layer.out(torch.from_numpy(np.concatenate(mixed)))
            assert torch.allclose(found[place], expected, atol=1e-5)


def test_it_learns_to_look_past_the_latest_item(make_dataset):
    """After i and then anything comes what follows i."""
    few = make_dataset(144, 12)
    i, anything = np.divmod(np.arange(144), 12)
    rows = np.stack([i, anything, (i + 1) % 12], axis=1)
    log = Interactions.of(np.repeat(np.arange(144), 3), rows.reshape(-1))
    data = replace(few, interactions=log, items={})
    ranker = SasRec(dim=16, dropout=0.0, learning_rate=0.02).fit(data, Training(epochs=12))
    asked = Query.strangers(Jagged.from_rows(rows[:, :2].tolist()))
    right = ranker.score(asked).argmax(axis=1) == rows[:, 2]
    assert right.mean() > 0.95


@pytest.mark.parametrize(("layers", "heads"), [(0, 1), (2, 3)])
def test_heads_that_do_not_divide_and_no_layer_are_refused(make_dataset, layers, heads):
    with pytest.raises(BadData, match="needs a layer and heads that divide"):
        SasRec(layers=layers, heads=heads).fit(make_dataset())

import numpy as np
import pytest
import torch

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.models.mm_rnn import MmRnn, _Rnn
from prismrec.nn.sequences import NextItem, as_sequence_ranker
from prismrec.rankers import Query
from prismrec.train import Training

HISTORIES = Jagged.from_rows([[], [3], [3, 3, 1], [], list(range(16)), [7, 2, 5, 5, 9, 1]])


def rounds(n_users: int = 40, n_items: int = 10) -> Dataset:
    """A log in which item k is always followed by item k + 1, the last one by the first."""
    rng = np.random.default_rng(0)
    start, length = rng.integers(0, n_items, n_users), rng.integers(3, 7, n_users)
    users = np.repeat(np.arange(n_users), length)
    steps = np.arange(len(users)) - np.repeat(length.cumsum() - length, length)
    ids = (Vocabulary(tuple(f"{name}{row}" for row in range(n)))
           for name, n in (("u", n_users), ("i", n_items)))  # fmt: skip
    return Dataset(Interactions.of(users, (start[users] + steps) % n_items), *ids)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_ranker_without_torch_is_the_network(make_dataset, cell):
    data = make_dataset(12, 16)
    model = MmRnn(cell=cell, dim=12, length=5)
    task = NextItem(model, _Rnn(model), data).eval()
    ranker = as_sequence_ranker(task, cell, data, about={})
    with torch.no_grad():
        vectors = task.vectors()
        for row, history in enumerate(map(HISTORIES.__getitem__, range(len(HISTORIES)))):
            x = torch.vstack([task.start, vectors[history[-5:]] * 12**0.5])
            expected = task.encoder(x[None])[0, -1] @ vectors.T
            scores = ranker.score(Query.strangers(HISTORIES).take(np.array([row])))
            assert scores[0] == pytest.approx(expected.numpy(), abs=1e-4)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_it_learns_what_comes_next(cell):
    data = rounds()
    ranker = MmRnn(cell=cell, dim=16, learning_rate=0.02).fit(data, Training(epochs=15))
    query = Query.strangers(Jagged.from_rows([[2, 3, 4], [4, 3, 2], [8, 9], [5]]))
    assert ranker.score(query).argmax(axis=1).tolist() == [5, 3, 0, 6]


def test_whoever_has_no_history_sees_what_histories_begin_with():
    data = rounds()
    first = data.interactions.items[np.unique(data.interactions.users, return_index=True)[1]]
    often = np.bincount(first, minlength=data.n_items)
    ranker = MmRnn(dim=16, learning_rate=0.02).fit(data, Training(epochs=15))
    scores = ranker.score(Query.strangers(Jagged.empty(1)))[0]
    assert np.corrcoef(scores, np.log(often + 0.5))[0, 1] > 0.8


def test_an_unknown_cell_is_refused(make_dataset):
    with pytest.raises(BadData, match=r"cell is gru or lstm, not 'elman'"):
        MmRnn(cell="elman").fit(make_dataset())

from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.errors import BadModel
from prismrec.rankers import Query, sequence
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.sequence import SequenceRanker, blocks, latest, padded
from prismrec.saving import load

N_ITEMS, DIM, LENGTH = 9, 4, 3
HISTORY = Jagged.from_rows([[4, 1], [], [2, 3, 5, 1, 1], [8], [1, 4], [0, 8, 2]])


def rnn_weights(rng: np.random.Generator, gates: int) -> dict[str, np.ndarray]:
    shapes = {
        "cell.weight_ih_l0": (gates * DIM, DIM), "cell.weight_hh_l0": (gates * DIM, DIM),
        "cell.bias_ih_l0": (gates * DIM,), "cell.bias_hh_l0": (gates * DIM,),
        "out.weight": (DIM, DIM), "out.bias": (DIM,),
    }  # fmt: skip
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def transformer_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    names = ["norm"]
    for layer in range(2):
        parts = ("attention_norm", "feed_norm", "query", "key", "value", "out", "up", "down")
        names += [f"layers.{layer}.{part}" for part in parts]
    weights = {"heads": np.array([2]), "positions": rng.normal(size=(LENGTH + 1, DIM))}
    for name in names:
        weights[f"{name}.bias"] = rng.normal(size=DIM)
        shape = (DIM,) if "norm" in name else (DIM, DIM)
        weights[f"{name}.weight"] = rng.normal(size=shape)
    return {k: v if k == "heads" else v.astype(np.float32) for k, v in weights.items()}


def make(encoder: str = "gru") -> SequenceRanker:
    rng = np.random.default_rng(0)
    weights = {
        "gru": lambda: rnn_weights(rng, 3),
        "lstm": lambda: rnn_weights(rng, 4),
        "transformer": lambda: transformer_weights(rng),
    }[encoder]()
    items = rng.normal(size=(N_ITEMS, DIM)).astype(np.float32)
    values = np.eye(N_ITEMS, dtype=np.float32)
    media = {"image": Feature.of(values, np.ones(N_ITEMS, bool))}
    return SequenceRanker(
        items,
        rng.normal(size=DIM).astype(np.float32),
        encoder,
        weights,
        LENGTH,
        has_opinion=np.arange(N_ITEMS) != 6,
        newcomers=Newcomers.of(media, neighbours=1),
        about={"dim": DIM},
    )


@pytest.fixture(params=["gru", "lstm", "transformer"])
def ranker(request: pytest.FixtureRequest) -> SequenceRanker:
    return make(request.param)


def scores_of(ranker: SequenceRanker, *rows: list[int]) -> np.ndarray:
    return ranker.score(Query.strangers(Jagged.from_rows(rows)))


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, atol=1e-5, equal_nan=True))


def test_a_known_user_scores_as_a_stranger_with_that_history(ranker):
    known = Query(np.arange(len(HISTORY)), HISTORY)
    assert np.array_equal(
        ranker.score(known), ranker.score(Query.strangers(HISTORY)), equal_nan=True
    )


def test_a_batch_scores_as_its_rows_in_blocks_of_any_size(ranker, monkeypatch):
    together = ranker.score(Query.strangers(HISTORY))
    monkeypatch.setattr(sequence.blocks, "__defaults__", (5,))
    assert same(ranker.score(Query.strangers(HISTORY)), together)
    for row in range(len(HISTORY)):
        assert same(scores_of(ranker, HISTORY[row].tolist()), together[row : row + 1])


def test_only_the_latest_items_count_and_their_order_does(ranker):
    a, b, c = scores_of(ranker, [7, 7, 1, 2, 3], [1, 2, 3], [3, 2, 1])
    assert same(a, b)
    assert not same(b, c)


def test_a_repeated_item_counts_again(ranker):
    once, twice = scores_of(ranker, [1], [1, 1])
    assert not same(once, twice)


def test_only_an_item_without_opinion_scores_nan_also_for_whoever_has_no_history(ranker):
    scores = scores_of(ranker, [], [6, 2])
    assert np.array_equal(np.isnan(scores).any(axis=0), np.arange(N_ITEMS) == 6)
    assert np.isnan(scores).sum() == 2


def test_nobody_is_answered_with_nothing(ranker):
    assert ranker.score(Query.strangers(Jagged.empty(0))).shape == (0, N_ITEMS)


def test_it_comes_back_from_disk(ranker, tmp_path):
    ranker.save(tmp_path)
    query = Query.strangers(HISTORY)
    again = load(tmp_path)
    assert np.array_equal(again.score(query), ranker.score(query), equal_nan=True)
    assert again.about == ranker.about


def test_a_new_item_stands_where_its_likes_do_as_a_candidate_and_in_a_history(ranker):
    values = np.eye(N_ITEMS, dtype=np.float32)[[2, 5]]
    new = {"image": Feature.of(values, np.array([True, False]))}
    wider = ranker.with_items(new)
    scores = scores_of(wider, [4, 1], [4, N_ITEMS], [4, 2])
    assert np.allclose(scores[:, N_ITEMS], scores[:, 2], atol=1e-5)
    assert np.isnan(scores[:, N_ITEMS + 1]).all()
    assert same(scores[1], scores[2])
    assert same(scores[:, :N_ITEMS], scores_of(ranker, [4, 1], [4, 2], [4, 2]))


def test_new_items_without_media_to_compare_have_no_opinion():
    scores = scores_of(replace(make(), newcomers=None).with_items({}, ids=["a", "b"]), [1])
    assert np.isnan(scores[0, N_ITEMS:]).all()


@pytest.mark.parametrize(
    "change",
    [
        {"encoder": "mamba"},
        {"start": np.zeros(DIM + 1, np.float32)},
        {"has_opinion": np.ones(N_ITEMS - 1, bool)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(change):
    with pytest.raises(BadModel):
        replace(make(), **change)


def test_latest_and_padded():
    short = latest(HISTORY, 3)
    assert [short[row].tolist() for row in (0, 1, 2)] == [[4, 1], [], [5, 1, 1]]
    assert padded(short.take(np.array([1, 0, 2]))).tolist() == [[-1] * 3, [4, 1, -1], [5, 1, 1]]
    assert padded(Jagged.empty(2)).shape == (2, 0)


def test_blocks_hold_each_row_once_and_keep_to_the_size():
    lengths = np.array([3, 1, 9, 2, 2, 30, 1])
    found = list(blocks(lengths, 10))
    assert sorted(np.concatenate(found).tolist()) == list(range(7))
    assert all(len(rows) * lengths[rows].max() <= 10 or len(rows) == 1 for rows in found)
    assert all((np.diff(lengths[rows]) >= 0).all() for rows in found)

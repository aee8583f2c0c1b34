"""ONNX files: onnxruntime gives what numpy gives."""

from __future__ import annotations

import numpy as np
import pytest
from onnxruntime import InferenceSession

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.light.onnx_graphs import OPERATORS, network_graph, towers_graph
from prismrec.rankers import Query, Towers, top_k
from prismrec.rankers.content_towers import ACTIVATIONS, ItemNetwork, Layer, Reader
from prismrec.rankers.int8_towers import Int8Towers
from prismrec.reduction.projection import Projection

N_USERS, N_ITEMS, DIM = 6, 20, 4
HISTORIES = [[1, 2], [], [3], [0, 5, 9], [7]]
USERS = np.array([0, 5, -1, -1, 2])


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def run(model: bytes, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    return InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, inputs)


def asked(k: int) -> dict[str, np.ndarray]:
    history = np.full((len(HISTORIES), 3), N_ITEMS)
    for row, items in enumerate(HISTORIES):
        history[row, : len(items)] = items
    return {"user": USERS, "history": history, "k": np.array([k])}


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_the_best_items_are_those_of_numpy(int8: bool, bias: bool) -> None:
    ranker = Towers(
        normal(N_USERS, DIM), normal(N_ITEMS, DIM), 3 * normal(N_ITEMS) if bias else None
    )
    small = Int8Towers.of(ranker) if int8 else ranker
    items, scores = run(towers_graph(small), asked(10))
    wanted = top_k(small, Query(USERS, Jagged.from_rows(HISTORIES)), 10)
    assert np.array_equal(items, wanted.items)
    assert scores == pytest.approx(wanted.scores, rel=1e-5, abs=1e-5)


def test_what_was_used_and_what_it_has_no_opinion_of_come_last() -> None:
    known = np.arange(N_ITEMS) != 4
    ranker = Towers(normal(N_USERS, DIM), normal(N_ITEMS, DIM), has_opinion=known)
    items, scores = run(towers_graph(ranker), asked(N_ITEMS))
    for row, past in enumerate(HISTORIES):
        left = N_ITEMS - len(past)
        assert items[row, left - 1] == 4
        assert set(items[row, left:]) == set(past)
        assert np.isneginf(scores[row, left:]).all()


def test_int8_towers_make_a_smaller_file() -> None:
    ranker = Towers(normal(500, 64), normal(500, 64))
    sizes = [len(towers_graph(each)) for each in (ranker, Int8Towers.of(ranker))]
    assert sizes[1] < 0.3 * sizes[0]


def network(*, mean: bool, unit: bool) -> ItemNetwork:
    image = Projection(normal(7), normal(7, 5), unit=True)
    readers = {
        "image": Reader(image, Layer(normal(5, 6), normal(6), "relu"), share=0.7),
        "text": Reader(Projection(normal(3)), Layer(normal(3, 6), normal(6)), share=0.3),
    }
    layers = (Layer(normal(6, 8), normal(8), "relu"), Layer(normal(8, DIM), normal(DIM)))
    return ItemNetwork(readers, layers, mean=mean, unit=unit)


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_the_vectors_of_items_are_those_of_numpy(mean: bool, unit: bool) -> None:
    given = network(mean=mean, unit=unit)
    items = {
        "image": Feature.of(normal(9, 7), np.arange(9) % 3 > 0),
        "text": Feature.of(normal(9, 3), np.arange(9) % 2 > 0),
    }
    inputs = {name: f.values for name, f in items.items()}
    inputs |= {f"{name}.present": f.present for name, f in items.items()}
    vectors, present = run(network_graph(given), inputs)
    wanted, there = given(items, 9)
    assert vectors == pytest.approx(wanted, rel=1e-5, abs=1e-5)
    assert np.array_equal(present, there)
    assert not present[0]
    assert not vectors[0].any()


def test_every_activation_of_a_network_has_an_operator() -> None:
    assert set(OPERATORS) == set(ACTIVATIONS)

"""ONNX files of what serves: onnxruntime ranks from them without torch, and without prismrec."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.encoders.onnx_graph import Graph
from prismrec.rankers.content_towers import ItemNetwork, Layer
from prismrec.rankers.int8_towers import TOP, Int8Towers
from prismrec.rankers.towers import Towers
from prismrec.reduction.projection import Projection

__all__ = ["network_graph", "towers_graph"]

LAST = -1e30  # score of an item without opinion: after every other
SHORTEST = 1e-12  # a length or share that is still divided by, as in the network itself
OPERATORS = {"": "Identity", "relu": "Relu"}  # by activation of a layer


def towers_graph(ranker: Towers | Int8Towers) -> bytes:
    """A model that returns the best items of some people, known or strangers.

    Inputs: `user` (n,) int64 rows, -1 for a stranger; `history` (n, h) int64, the items that each
    has used, which are never returned: filled up with the number of items, h at least 1; `k` (1,)
    int64. Outputs: `items` (n, k) int64, best first, and `scores` (n, k). Where fewer than k items
    are left the rest has a score of -inf, and an item without opinion one of -1e30.

    int8 towers stay int8 in the file and in memory; their products are exact int32.

    Raises:
        MissingPackage: where onnx is not installed.
    """
    graph = Graph("towers")
    scores = _of_bytes(graph, ranker) if isinstance(ranker, Int8Towers) else _of(graph, ranker)
    bias = np.zeros(ranker.n_items) if ranker.bias is None else ranker.bias
    if ranker.has_opinion is not None:
        bias = np.where(ranker.has_opinion, bias, LAST)
    scores = graph.node("Add", scores, graph.constant(np.append(bias, 0)))
    hidden = graph.node("Expand", graph.constant(-np.inf), graph.node("Shape", "history"))
    left = graph.node("ScatterElements", scores, "history", hidden, attributes={"axis": 1})
    ends = [graph.constant([end], np.int64) for end in (0, ranker.n_items, 1)]  # start, stop, axis
    best = graph.nodes("TopK", graph.node("Slice", left, *ends), "k", n=2)
    for value, name in zip(best, ("scores", "items"), strict=True):
        graph.rename(value, name)
    return graph.to_bytes(
        {"user": ("n",), "history": ("n", "h"), "k": (1,)},
        {"items": ("n", "found"), "scores": ("n", "found")},
        dtypes=dict.fromkeys(("user", "history", "k", "items"), np.int64),
    )


def network_graph(network: ItemNetwork) -> bytes:
    """A model that reads the vectors of items from their media.

    Inputs for each modality NAME: `NAME` (n, d) as its encoder gives it, and `NAME.present` (n,)
    bool. Outputs: `vectors` (n, d'), zero where nothing is present, and `present` (n,) bool.

    Raises:
        MissingPackage: where onnx is not installed.
    """
    graph = Graph("item network")
    total = shares = ""
    for name, reader in network.readers.items():
        read = _layer(graph, _projected(graph, name, reader.projection), reader.layer)
        there = graph.node("Unsqueeze", f"{name}.present", graph.constant([1], np.int64))
        share = graph.node("Mul", graph.cast(there, np.float32), graph.constant(reader.share))
        part = graph.node("Mul", graph.node("Where", there, read, graph.constant(0)), share)
        total = graph.node("Add", total, part) if total else part
        shares = graph.node("Add", shares, share) if shares else share
    if network.mean:
        total = graph.node("Div", total, graph.node("Max", shares, graph.constant(SHORTEST)))
    for layer in network.layers:
        total = _layer(graph, total, layer)
    if network.unit:
        total = _unit(graph, total)
    some = graph.node("Greater", shares, graph.constant(0))
    graph.rename(graph.node("Where", some, total, graph.constant(0)), "vectors")
    graph.rename(graph.node("Squeeze", some, graph.constant([1], np.int64)), "present")
    widths = {name: len(reader.projection.centre) for name, reader in network.readers.items()}
    flags = [f"{name}.present" for name in widths]
    return graph.to_bytes(
        {name: ("n", width) for name, width in widths.items()} | dict.fromkeys(flags, ("n",)),
        {"vectors": ("n", network.dim), "present": ("n",)},
        dtypes=dict.fromkeys([*flags, "present"], np.bool_),
    )


def _of(graph: Graph, ranker: Towers) -> str:
    """(n, n_items + 1) scores, the last of what histories are filled up with."""
    items = graph.constant(_with_zero(ranker.items))
    past = graph.node("Gather", items, "history")
    known = graph.node("Gather", graph.constant(ranker.users), _row(graph))
    person = _person(graph, known, _mean(graph, past, ranker.n_items))
    return graph.node("MatMul", person, graph.node("Transpose", items))


def _of_bytes(graph: Graph, ranker: Int8Towers) -> str:
    """(n, n_items + 1) scores from bytes, a stranger being rounded as everybody else."""
    items = graph.constant(_with_zero(ranker.items.values), np.int8)
    scales = _with_zero(ranker.items.scales[:, None])
    bytes_of = graph.node("Gather", items, "history")
    scale_of = graph.node("Gather", graph.constant(scales), "history")
    past = graph.node("Mul", graph.cast(bytes_of, np.float32), scale_of)
    mean = _mean(graph, past, ranker.n_items)
    peak = graph.node("ReduceMax", graph.node("Abs", mean), attributes={"axes": [1]})
    apart = graph.node("Div", peak, graph.constant(TOP))
    divisor = graph.node("Max", apart, graph.constant(np.finfo(np.float32).tiny))
    rounded = graph.cast(graph.node("Round", graph.node("Div", mean, divisor)), np.int8)
    row = _row(graph)
    values = graph.node("Gather", graph.constant(ranker.users.values, np.int8), row)
    scale = graph.node("Gather", graph.constant(ranker.users.scales[:, None]), row)
    person = _person(graph, values, rounded)
    dots = graph.node("MatMulInteger", person, graph.node("Transpose", items))
    scaled = graph.node("Mul", graph.cast(dots, np.float32), _person(graph, scale, apart))
    return graph.node("Mul", scaled, graph.constant(scales[:, 0]))


def _with_zero(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Rows with one of zeros behind them, with which histories are filled up."""
    return np.pad(rows, ((0, 1), (0, 0)))


def _row(graph: Graph) -> str:
    """(n,) rows of the users; for a stranger one that is not used."""
    return graph.node("Max", "user", graph.constant(0, np.int64))


def _person(graph: Graph, known: str, stranger: str) -> str:
    """(n, d) of two: what holds for each person."""
    is_known = graph.node("GreaterOrEqual", "user", graph.constant(0, np.int64))
    column = graph.node("Unsqueeze", is_known, graph.constant([1], np.int64))
    return graph.node("Where", column, known, stranger)


def _mean(graph: Graph, past: str, n_items: int) -> str:
    """(n, d) the mean of the past items (n, h, d); zero without history."""
    axis = graph.constant([1], np.int64)
    there = graph.node("Less", "history", graph.constant(n_items, np.int64))
    count = graph.node("ReduceSum", graph.cast(there, np.float32), axis)
    total = graph.node("ReduceSum", past, axis, attributes={"keepdims": 0})
    return graph.node("Div", total, graph.node("Max", count, graph.constant(1)))


def _projected(graph: Graph, x: str, projection: Projection) -> str:
    out = graph.node("Sub", x, graph.constant(projection.centre))
    if projection.matrix is not None:
        out = graph.node("MatMul", out, graph.constant(projection.matrix))
    return _unit(graph, out) if projection.unit else out


def _layer(graph: Graph, x: str, layer: Layer) -> str:
    out = graph.node("Gemm", x, graph.constant(layer.weight), graph.constant(layer.bias))
    return graph.node(OPERATORS[layer.activation], out)


def _unit(graph: Graph, x: str) -> str:
    """Rows of length 1."""
    length = graph.node("ReduceL2", x, attributes={"axes": [1]})
    return graph.node("Div", x, graph.node("Max", length, graph.constant(SHORTEST)))

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from prismrec.encoders import aisfx, efficientnet, musicnn
from prismrec.encoders.onnx_graph import Graph
from prismrec.encoders.quantise import quantised
from prismrec.encoders.quantise_ranges import PRECISIONS, precision_parts, ranges_of
from prismrec.errors import UnknownName
from prismrec.registry import build

NETWORKS = {"aisfx": aisfx, "efficientnet-lite0": efficientnet, "musicnn": musicnn}
RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=(8, 3, 3, 3)), RNG.normal(size=(8, 1, 3, 3))]
X = RNG.uniform(-1, 1, size=(1, 3, 6, 6)).astype(np.float32)


def two_layers() -> bytes:
    """A dense convolution with ReLU, then one in each channel alone, and its largest values."""
    graph = Graph("two-layers")
    pads = {"pads": [1, 1, 1, 1]}
    x = graph.node("Relu", graph.conv("x", WEIGHTS[0], np.ones(8), attributes=pads))
    y = graph.conv(x, WEIGHTS[1], np.zeros(8), attributes={**pads, "group": 8})
    graph.rename(graph.node("MaxPool", y, attributes={"kernel_shape": [2, 2]}), "y")
    return graph.to_bytes({"x": (1, 3, 6, 6)}, {"y": (1, 8, 5, 5)})


def run(model: bytes, *, optimised: bool = True) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": X})[0]


RANGES = {"x": (-1.0, 1.0), "v1": (0.0, 18.0), "v2": (-60.0, 60.0), "v3": (-60.0, 60.0)}


def test_integers_are_close_to_floats() -> None:
    exact, whole = run(two_layers()), run(quantised(two_layers(), RANGES))
    assert 0 < np.abs(whole - exact).max() < 0.05 * np.abs(exact).max()


def test_the_processor_computes_what_the_model_says() -> None:
    """Without merging, every node is computed in floats as the standard defines it."""
    model = quantised(two_layers(), RANGES)
    step = (RANGES["v3"][1] - RANGES["v3"][0]) / 255
    difference = np.abs(run(model) - run(model, optimised=False))
    assert difference.max() <= 1.01 * step  # a tie may be rounded to the other side
    assert (difference > step / 2).mean() < 0.02


def test_weights_fit_processors_that_add_in_16_bits() -> None:
    model = onnx.load_from_string(quantised(two_layers(), RANGES))
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    dense, depthwise = arrays["w0_levels"], arrays["w2_levels"]
    assert np.abs(dense).max() == 63
    assert np.abs(depthwise).max() == 127
    assert dense * arrays["w0_scale"][:, None, None, None] == pytest.approx(WEIGHTS[0], abs=0.03)


def test_a_layer_without_ranges_stays_float() -> None:
    model = quantised(two_layers(), {"v1": (0.0, 18.0)})
    assert b"w0_levels" not in model
    assert np.abs(run(model) - run(two_layers())).max() < 9 * 3 * 18 / 255
    assert (run(quantised(two_layers(), {})) == run(two_layers())).all()


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_ranges_are_of_values_in_the_network(name: str) -> None:
    graph = onnx.load_from_string(NETWORKS[name]._convert()).graph
    values = {v for node in graph.node for v in (*node.input, *node.output)}
    ranges = ranges_of(name)
    assert ranges.keys() <= values
    assert all(low <= 0 < high for low, high in ranges.values())


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_ranges_are_part_of_the_fingerprint(name: str, monkeypatch) -> None:
    assert precision_parts(name, "float32") == ()
    before = build("encoders", f"{name}:precision=int8").fingerprint
    monkeypatch.setattr("prismrec.encoders.quantise_ranges._table", lambda _: '{"v2": [0, 1]}')
    assert build("encoders", f"{name}:precision=int8").fingerprint != before
    with pytest.raises(UnknownName, match=", ".join(PRECISIONS)):
        build("encoders", f"{name}:precision=int4")

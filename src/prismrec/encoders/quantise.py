"""Networks in 8-bit integers: a float model and the ranges of its values to a quantised model.

Activations become uint8 on a scale of their own, weights int8 with one scale for each output
channel. Weights have 7 bits (-63 to 63), because processors with AVX2 but without VNNI add two
products in 16 bits and would clip the sum of larger ones: with 7 bits every processor gives the
same vectors. Depthwise convolutions are not computed in that way and keep 8 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.encoders.onnx_session import require_onnx

__all__ = ["Ranges", "quantised"]

Ranges = Mapping[str, tuple[float, float]]  # value in the graph -> lowest and highest


def quantised(model: bytes, ranges: Ranges) -> bytes:
    """The model with every value in `ranges` rounded to 256 levels between its bounds.

    A convolution is computed in integers where both its input and its output, after ReLU or clip,
    have a range; every other layer stays as it is.
    """
    return _Quantiser(model, ranges).to_bytes()


class _Quantiser:
    def __init__(self, model: bytes, ranges: Ranges) -> None:
        self.onnx = require_onnx()
        self.model = self.onnx.load_from_string(model)
        self.ranges = ranges
        self.nodes: list[Any] = []
        self.weights = {each.name: each for each in self.model.graph.initializer}
        self.used: set[str] = set()

    def to_bytes(self) -> bytes:
        graph = self.model.graph
        bounded = {
            node.input[0]: node.output[0] for node in graph.node if node.op_type in ("Relu", "Clip")
        }
        for value in graph.input:
            self.round(value.name)
        for node in graph.node:
            y = node.output[0]
            if node.op_type == "Conv" and {node.input[0], bounded.get(y, y)} <= self.ranges.keys():
                self.conv(node)
            for place, name in enumerate(node.input):
                if name in self.ranges:
                    node.input[place] = f"{name}_rounded"
            self.nodes.append(node)
            self.round(y)
        used = {name for node in self.nodes for name in node.input}
        del graph.node[:], graph.initializer[:]
        graph.node.extend(self.nodes)
        graph.initializer.extend(w for name, w in self.weights.items() if name in used)
        self.onnx.checker.check_model(self.model)
        return bytes(self.model.SerializeToString())

    def round(self, name: str) -> None:
        """Follow a value by a pair of nodes that onnxruntime merges with their neighbours."""
        if name not in self.ranges:
            return
        scale, zero = self.constant(f"{name}_scale", self.scale(name)), f"{name}_zero"
        self.constant(zero, self.zero(name))
        self.add("QuantizeLinear", [name, scale, zero], f"{name}_levels")
        self.add("DequantizeLinear", [f"{name}_levels", scale, zero], f"{name}_rounded")

    def conv(self, node: Any) -> None:
        """Replace weight and bias by integers and their scales."""
        x, weight_name, bias_name = node.input
        weight = self.onnx.numpy_helper.to_array(self.weights[weight_name])
        bias = self.onnx.numpy_helper.to_array(self.weights[bias_name])
        levels = 127 if any(each.name == "group" and each.i > 1 for each in node.attribute) else 63
        largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
        scale = (np.maximum(largest, 1e-9) / levels).astype(np.float32)
        whole = np.rint(weight / scale[:, None, None, None]).astype(np.int8)
        node.input[1] = self.integers(weight_name, whole, scale)
        step = self.scale(x) * scale
        limit = 2**31 - 128
        node.input[2] = self.integers(
            bias_name, np.rint(bias / step).clip(-limit, limit).astype(np.int32), step
        )

    def integers(self, name: str, whole: npt.NDArray[Any], scale: npt.NDArray[np.float32]) -> str:
        """A constant kept in integers with one scale for each of its rows."""
        inputs = [
            self.constant(f"{name}_levels", whole),
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero", np.zeros(len(whole), whole.dtype)),
        ]
        self.add("DequantizeLinear", inputs, f"{name}_rounded", axis=0)
        return f"{name}_rounded"

    def scale(self, name: str) -> np.float32:
        low, high = self.ranges[name]
        return np.float32((high - low) / 255)

    def zero(self, name: str) -> np.uint8:
        low, high = self.ranges[name]
        return np.uint8(np.rint(-low * 255 / (high - low)).clip(0, 255))

    def constant(self, name: str, values: npt.ArrayLike) -> str:
        self.weights[name] = self.onnx.numpy_helper.from_array(np.asarray(values), name)
        return name

    def add(self, operator: str, inputs: Sequence[str], output: str, **attributes: int) -> None:
        node = self.onnx.helper.make_node(operator, inputs, [output], **attributes)
        self.nodes.append(node)

"""Building ONNX graphs from arrays: the handful of operators that our networks are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.encoders.onnx_session import require_onnx

__all__ = ["Graph", "head_graph"]

OPSET = 17
IR_VERSION = 9
Shape = Sequence[int | str]


class Graph:
    """Nodes and constants in the order they are added; every method returns the name of a value."""

    def __init__(self, name: str) -> None:
        self._onnx = require_onnx()
        self._name = name
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, array: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        """A weight."""
        name = f"w{len(self._constants)}"
        values = np.array(array, dtype, order="C")
        self._constants.append(self._onnx.numpy_helper.from_array(values, name))
        return name

    def node(self, operator: str, *inputs: str, attributes: Mapping[str, Any] | None = None) -> str:
        """One operator with one output."""
        return self.nodes(operator, *inputs, n=1, attributes=attributes)[0]

    def nodes(
        self, operator: str, *inputs: str, n: int, attributes: Mapping[str, Any] | None = None
    ) -> list[str]:
        """One operator with n outputs."""
        names = [f"v{len(self._nodes)}"] + [f"v{len(self._nodes)}.{k}" for k in range(1, n)]
        node = self._onnx.helper.make_node(operator, list(inputs), names)
        for key, value in (attributes or {}).items():
            node.attribute.append(self._onnx.helper.make_attribute(key, value))
        self._nodes.append(node)
        return names

    def conv(
        self,
        x: str,
        weight: npt.NDArray[Any],
        bias: npt.NDArray[Any],
        *,
        attributes: Mapping[str, Any],
    ) -> str:
        """(n, c, h, w) to (n, c', h', w'); `pads` are top, left, bottom, right."""
        inputs = (x, self.constant(weight), self.constant(bias))
        return self.node("Conv", *inputs, attributes=attributes)

    def affine(self, x: str, scale: npt.NDArray[Any], shift: npt.NDArray[Any]) -> str:
        """`x * scale + shift`; both broadcast against the last axes of x."""
        return self.node("Add", self.node("Mul", x, self.constant(scale)), self.constant(shift))

    def clip(self, x: str, low: float, high: float) -> str:
        """Values kept within two bounds."""
        return self.node("Clip", x, self.constant(low), self.constant(high))

    def reduce(self, operator: str, x: str, axis: int) -> str:
        """ReduceMax or ReduceMean over one axis, which vanishes."""
        return self.node(operator, x, attributes={"axes": [axis], "keepdims": 0})

    def cast(self, x: str, dtype: npt.DTypeLike) -> str:
        """The same numbers of another type."""
        return self.node("Cast", x, attributes={"to": self._type(dtype)})

    def _type(self, dtype: npt.DTypeLike) -> int:
        return int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """Another shape; 0 keeps an axis, -1 takes what is left."""
        return self.node("Reshape", x, self.constant(shape, np.int64))

    def rename(self, x: str, name: str) -> None:
        """Give a value the name by which the finished model returns it."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [x], [name]))

    def to_bytes(
        self,
        inputs: Mapping[str, Shape],
        outputs: Mapping[str, Shape],
        *,
        dtypes: Mapping[str, npt.DTypeLike] | None = None,
    ) -> bytes:
        """The finished model, checked; a letter in a shape is a free axis.

        Args:
            inputs: names and shapes.
            outputs: names and shapes.
            dtypes: of the inputs and outputs that are not float32.
        """
        helper = self._onnx.helper
        types = {name: self._type(dtype) for name, dtype in (dtypes or {}).items()}
        float32 = self._type(np.float32)
        values = [
            [
                helper.make_tensor_value_info(name, types.get(name, float32), list(shape))
                for name, shape in side
            ]
            for side in (inputs.items(), outputs.items())
        ]
        graph = helper.make_graph(self._nodes, self._name, *values, self._constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        self._onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def head_graph(
    name: str, weight: npt.NDArray[Any], bias: npt.NDArray[Any], *, activation: str
) -> bytes:
    """The layer above an embedding, (n, d) to (n, labels) probabilities; `weight` is (d, labels).

    It is a model of its own, because onnxruntime computes every output whichever is asked for.
    """
    graph = Graph(name)
    x = graph.node("Gemm", "embedding", graph.constant(weight), graph.constant(bias))
    graph.rename(graph.node(activation, x), "labels")
    return graph.to_bytes({"embedding": ("n", len(weight))}, {"labels": ("n", len(bias))})

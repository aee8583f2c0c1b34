"""musicnn: music, by a network trained to tag songs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.encoders.fields import changed_fields, check_choice, check_positive
from prismrec.encoders.names import read_names
from prismrec.encoders.onnx_graph import Graph, head_graph
from prismrec.encoders.onnx_session import open_session
from prismrec.encoders.pooling import POOLS, pooled, pooled_dim
from prismrec.encoders.quantise_ranges import PRECISIONS, open_network, precision_parts
from prismrec.encoders.sounds import SEGMENTS, divide, hear
from prismrec.encoders.tensorbundle import read_bundle
from prismrec.encoders.weights import WeightFile, fingerprint_of
from prismrec.media import decode_each
from prismrec.media.audio import AudioSteps
from prismrec.media.audio.mel import MelSpectrogram, blocks
from prismrec.types import Floats

__all__ = ["MusiCnn"]

INDEX = WeightFile(
    "musicnn",
    "0.1.0",
    "musicnn/MSD_musicnn/.index",
    "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
)
WEIGHTS = WeightFile(
    "musicnn",
    "0.1.0",
    "musicnn/MSD_musicnn/.data-00000-of-00001",
    "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
)
NAME = "musicnn"
VERSION = 1  # of everything below that shapes the vectors
RATE, BANDS = 16_000, 96
MELS = MelSpectrogram(rate=RATE, window=512, hop=256, bands=BANDS)
GRAPH = 2  # of what leaves the vectors as they are
KEY = fingerprint_of(NAME, INDEX.sha256, WEIGHTS.sha256, VERSION, GRAPH)
WIDTH, TAGS = 200, 50
BLOCK = 187  # frames: 3 s, what the network was trained on
EPSILON = 1e-3  # of the batch normalisations


@dataclass(frozen=True)
class MusiCnn:
    """Music to the 200 features under the tagger, pooled over blocks of 3 seconds.

    Songs go through the network one at a time, so a vector does not depend on its batch.

    Source: Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio
    tagging", 2019 (arXiv 1909.06654), the variant trained on the Million Song Dataset. Weights:
    PyPI `musicnn`, ISC. Departures: a last block that would be cut off ends with the sound instead,
    or is dropped where less than half of it is new; spectrograms keep single precision.
    """

    threads: int = 1  # threads of one call; the vectors do not depend on it
    steps: AudioSteps = ()  # applied to the samples first
    segment: str = "windows"  # where blocks may start anew: "windows" (nowhere), "silence", "onset"
    pool: str = "mean"  # over blocks: "mean", "max", "mean-std" (twice as long), "median"
    seconds: float = 60.0  # how much of the beginning is heard
    precision: str = "float32"  # of the network: "float32", or "int8", which is faster

    modality = "audio"

    def __post_init__(self) -> None:
        check_choice(self, "segment", SEGMENTS)
        check_choice(self, "pool", POOLS)
        check_positive(self, "seconds")
        check_choice(self, "precision", PRECISIONS)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return pooled_dim(WIDTH, self.pool)

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every field but `threads`."""
        return fingerprint_of(
            NAME,
            INDEX.sha256,
            WEIGHTS.sha256,
            VERSION,
            *changed_fields(self),
            *precision_parts(NAME, self.precision),
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """The 50 tags."""
        return tuple(name.english for name in read_names("music_tags"))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, features in enumerate(self._features(media)):
            out[row] = pooled(features, self.pool)
        return out

    def describe(self, media: Sequence[bytes]) -> Floats:
        """(n, 50) probability of each tag by itself, the mean over blocks."""
        return self.embed_and_describe(media)[1]

    def embed_and_describe(self, media: Sequence[bytes]) -> tuple[Floats, Floats]:
        """Vectors and probabilities of one pass."""
        vectors = np.empty((len(media), self.dim), np.float32)
        evidence = np.empty((len(media), TAGS), np.float32)
        for row, features in enumerate(self._features(media)):
            vectors[row] = pooled(features, self.pool)
            evidence[row] = self._head.run(["labels"], {"embedding": features})[0].mean(axis=0)
        return vectors, evidence

    def _features(self, media: Sequence[bytes]) -> Iterator[Floats]:
        """(blocks, 200) of each medium; all are decoded before the first is heard."""
        for inputs in decode_each(media, self._prepare):
            yield self._session.run(["embedding"], {"blocks": inputs})[0]

    def _prepare(self, data: bytes) -> Floats:
        parts = divide(hear(data, RATE, self), RATE, self.segment)
        mels = [np.asarray(np.log10(MELS(part) * 10_000 + 1), np.float32) for part in parts]
        return np.concatenate([blocks(mel, BLOCK, BLOCK) for mel in mels])

    @cached_property
    def _session(self) -> Any:
        return open_network(
            KEY, _convert, name=NAME, precision=self.precision, threads=self.threads
        )

    @cached_property
    def _head(self) -> Any:
        return open_session(f"{KEY}-labels", _convert_head, self.threads)


def _convert() -> bytes:
    return _Network(read_bundle(INDEX.read(), WEIGHTS.read())).to_bytes()


def _convert_head() -> bytes:
    tensors = read_bundle(INDEX.read(), WEIGHTS.read())
    weight, bias = tensors["dense_1/kernel"], tensors["dense_1/bias"]
    return head_graph("musicnn-labels", weight, bias, activation="Sigmoid")


class _Network:
    """The layers in order. Shapes: n blocks, c channels, t = 187 frames, f = 96 bands."""

    def __init__(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        self.tensors = tensors
        self.graph = Graph("musicnn")

    def to_bytes(self) -> bytes:
        graph = self.graph
        x = graph.reshape("blocks", (-1, 1, BLOCK, BANDS))
        x = graph.affine(x, *self.norm(0, (1, 1, 1)))
        front = [self.front(x, number) for number in range(5)]
        wide = graph.node("Concat", *front, attributes={"axis": 1})  # (n, 561, t)
        first = self.middle(wide, 5)
        second = graph.node("Add", self.middle(first, 6), first)
        third = graph.node("Add", self.middle(second, 7), second)
        x = graph.node("Concat", wide, first, second, third, attributes={"axis": 1})
        graph.rename(self.back(x), "embedding")
        return graph.to_bytes({"blocks": ("n", BLOCK, BANDS)}, {"embedding": ("n", WIDTH)})

    def front(self, x: str, number: int) -> str:
        """(n, 1, t, f) to (n, c, t): filters for timbre (0, 1) or rhythm (2, 3, 4), best band.

        The published order is filters, ReLU, normalisation, best band. The best band can be found
        first, on filters with the sign of their normalisation: the rest is then done on one value
        instead of up to 96, and the result is the same.
        """
        scale, shift = self.norm(number + 1, (-1, 1))
        sign = np.where(scale < 0, -1, 1).astype(np.float32)
        name = _name("conv2d", number)
        kernel, bias = self.tensors[f"{name}/kernel"] * sign.ravel(), self.tensors[f"{name}/bias"]
        height, width = kernel.shape[:2]
        pads = [(height - 1) // 2, 0, height // 2, 0]
        x = self.graph.conv(
            x, kernel.transpose(3, 2, 0, 1), bias * sign.ravel(), attributes={"pads": pads}
        )
        best = {"kernel_shape": [1, BANDS - width + 1]}
        x = self.graph.reshape(self.graph.node("MaxPool", x, attributes=best), (0, -1, BLOCK))
        x = self.graph.node("Relu", self.graph.node("Mul", x, self.graph.constant(sign)))
        return self.graph.affine(x, scale, shift)

    def middle(self, x: str, number: int) -> str:
        """(n, c, t) to (n, 64, t): filters over 7 frames and all channels."""
        x = self.graph.node("Transpose", x, attributes={"perm": [0, 2, 1]})
        x = self.graph.reshape(x, (0, 1, BLOCK, -1))
        x = self.conv(x, number, pads=[3, 0, 3, 0])
        x = self.graph.affine(x, *self.norm(number + 1, (-1, 1, 1)))
        return self.graph.reshape(x, (0, -1, BLOCK))

    def back(self, x: str) -> str:
        """(n, c, t) to (n, 200): maximum and mean over time, one dense layer."""
        pools = [
            self.graph.reshape(self.graph.reduce(operator, x, 2), (0, -1, 1))
            for operator in ("ReduceMax", "ReduceMean")
        ]
        x = self.graph.node("Concat", *pools, attributes={"axis": 2})  # channels outermost
        x = self.graph.node("Flatten", x)
        x = self.graph.affine(x, *self.norm(9, (-1,)))
        weight = self.graph.constant(self.tensors["dense/kernel"])
        bias = self.graph.constant(self.tensors["dense/bias"])
        x = self.graph.node("Relu", self.graph.node("Gemm", x, weight, bias))
        return self.graph.affine(x, *self.norm(10, (-1,)))

    def conv(self, x: str, number: int, *, pads: Sequence[int]) -> str:
        name = _name("conv2d", number)
        weight = self.tensors[f"{name}/kernel"].transpose(3, 2, 0, 1)
        bias = self.tensors[f"{name}/bias"]
        return self.graph.node("Relu", self.graph.conv(x, weight, bias, attributes={"pads": pads}))

    def norm(
        self, number: int, shape: tuple[int, ...]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Scale and shift of a batch normalisation.

        It stands behind a ReLU or before padding, so it cannot be folded into a convolution.
        """
        name = _name("batch_normalization", number)
        scale = self.tensors[f"{name}/gamma"] / np.sqrt(
            self.tensors[f"{name}/moving_variance"] + EPSILON
        )
        shift = self.tensors[f"{name}/beta"] - self.tensors[f"{name}/moving_mean"] * scale
        return scale.reshape(shape), shift.reshape(shape)


def _name(kind: str, number: int) -> str:
    return f"{kind}_{number}" if number else kind

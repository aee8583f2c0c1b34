"""aiSFX: any sound, by a network trained on libraries of sound effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from prismrec.encoders.checkpoints import read_checkpoint
from prismrec.encoders.fields import changed_fields, check_choice, check_positive
from prismrec.encoders.onnx_graph import Graph
from prismrec.encoders.pooling import POOLS, pooled, pooled_dim
from prismrec.encoders.quantise_ranges import PRECISIONS, open_network, precision_parts
from prismrec.encoders.sounds import SEGMENTS, divide, hear, peak_scaled
from prismrec.encoders.weights import WeightFile, fingerprint_of
from prismrec.media import decode_each
from prismrec.media.audio import AudioSteps
from prismrec.media.audio.mel import MelSpectrogram, blocks
from prismrec.types import Floats

__all__ = ["Aisfx"]

WEIGHTS = WeightFile(
    "aisfx",
    "0.1.2",
    "aisfx/models/checkpoint.pth",
    "499ea75909c932a2f94c35fa722fa4fabc5bcb7e84917209cc5f7402627b7eb5",
)
NAME = "aisfx"
VERSION = 1  # of everything below that shapes the vectors
RATE, BANDS = 44_100, 96
MELS = MelSpectrogram(rate=RATE, window=2048, hop=1024, bands=BANDS, htk=True)
KEY = fingerprint_of(NAME, WEIGHTS.sha256, VERSION)  # of the converted network
WIDTH = 512
BLOCK, BLOCK_HOP = 100, 50  # frames: 2.3 s, half overlapping
LOUDEST = 9.457798957824707  # largest log-mel value in the authors' training data
EPSILON = 1e-5  # of the batch normalisations


@dataclass(frozen=True)
class Aisfx:
    """Sounds to 512 features of unit length, pooled over blocks of 2.3 seconds.

    Each sound is scaled to the same peak after the steps. Sounds go through the network one at a
    time, so a vector does not depend on its batch.

    Source: Ma and Lerch, "Representation Learning for the Automatic Indexing of Sound Effects
    Libraries", ISMIR 2022 (arXiv 2208.09096). Weights: PyPI `aisfx`, CC BY 4.0. Departures: the
    spectrogram is the package's librosa variant; a last block that would be cut off ends with the
    sound instead, or is dropped where less than a quarter of it is new.
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
            WEIGHTS.sha256,
            VERSION,
            *changed_fields(self),
            *precision_parts(NAME, self.precision),
        )

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, inputs in enumerate(decode_each(media, self._prepare)):
            features = self._session.run(["embedding"], {"blocks": inputs})[0]
            vector = pooled(features, self.pool)
            out[row] = vector / max(float(np.linalg.norm(vector)), 1e-9)
        return out

    def _prepare(self, data: bytes) -> Floats:
        samples = peak_scaled(hear(data, RATE, self))
        mels = [_log_mel(part) for part in divide(samples, RATE, self.segment)]
        return np.concatenate([blocks(mel, BLOCK, BLOCK_HOP) for mel in mels])

    @cached_property
    def _session(self) -> Any:
        return open_network(
            KEY, _convert, name=NAME, precision=self.precision, threads=self.threads
        )


def _log_mel(samples: Floats) -> Floats:
    return np.asarray(np.log10(MELS(samples) * 10_000 + 1) / LOUDEST, np.float32)


def _convert() -> bytes:
    """Four pairs of 3 x 3 convolutions; the mean over bands, then the maximum over time."""
    tensors = {
        name.removeprefix("embedding_net."): tensor
        for name, tensor in read_checkpoint(WEIGHTS.read()).items()
    }
    graph = Graph("aisfx")
    x = graph.reshape("blocks", (-1, 1, BLOCK, BANDS))
    for number in range(1, 5):
        for layer in (1, 2):
            x = _layer(graph, tensors, x, f"conv_block{number}.", layer)
        if number < 4:
            x = graph.node("MaxPool", x, attributes={"kernel_shape": [2, 2], "strides": [2, 2]})
    x = graph.reduce("ReduceMean", x, 3)
    graph.rename(graph.reduce("ReduceMax", x, 2), "embedding")
    return graph.to_bytes({"blocks": ("n", BLOCK, BANDS)}, {"embedding": ("n", WIDTH)})


def _layer(
    graph: Graph, tensors: Mapping[str, npt.NDArray[Any]], x: str, block: str, layer: int
) -> str:
    norm = f"{block}bn{layer}"
    scale = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"] + EPSILON)
    shift = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
    weight = tensors[f"{block}conv{layer}.weight"] * scale[:, None, None, None]
    return graph.node("Relu", graph.conv(x, weight, shift, attributes={"pads": [1, 1, 1, 1]}))

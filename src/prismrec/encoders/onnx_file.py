"""A network of one's own as an ONNX file: `onnx:PATH?field=value&field=value`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from prismrec.encoders import Encoder
from prismrec.encoders.samples import sample_of
from prismrec.encoders.weights import fingerprint_of
from prismrec.encoders.windows import SHORTEST, windows_of
from prismrec.errors import BadData, BadModel
from prismrec.media import decode_each
from prismrec.media.audio import decode_audio
from prismrec.media.image import decode_image
from prismrec.media.text import decode_text
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["OnnxFile"]

VERSION = 1  # of everything below that shapes the vectors
TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}
POOLINGS = ("mean", "cls", "last")
Inputs = list[dict[str, npt.NDArray[Any]]]  # of one medium: one run each, averaged


@dataclass(frozen=True)
class OnnxFile:
    """A network in an ONNX file, for pictures, texts or sounds.

    Pictures: the shorter side is scaled to `size` and the middle square is looked at; values from
    0 to 1 less `mean` over `std`, or 0 to 255 where the network takes bytes. Sounds: samples of
    windows, averaged. Texts: token numbers and, where the network has such inputs, attention mask
    and token types. Of an output with several positions the mean is taken, or what `pooling` says.
    """

    size: int = 224  # of a picture, in pixels; what the network says where it says something
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)  # of red, green and blue, as a+b+c
    std: tuple[float, ...] = (1.0, 1.0, 1.0)  # likewise
    layout: str = "nchw"  # of the picture's axes, or nhwc
    rate: int = 16_000  # of a sound, in hertz
    seconds: float = 10.0  # of a window of a sound
    tokenizer: str | None = None  # path of tokenizer.json for texts; left out, beside the network
    output: str | None = None  # name of the output; the first one
    pooling: str = "mean"  # over positions: mean, cls or last
    normalise: bool = False  # to unit length

    def open(self, address: str, modality: str) -> Encoder:
        """The encoder; the network is read when it is needed.

        Raises:
            BadData: for fields that make no sense.
            BadModel: where there is no such file.
        """
        path = Path(address).expanduser()
        if not path.is_file():
            raise BadModel(f"there is no file {address}; write onnx:PATH of an ONNX network")
        if self.layout not in ("nchw", "nhwc"):
            raise BadData(f"layout {self.layout!r} is neither nchw nor nhwc")
        if self.pooling not in POOLINGS:
            raise BadData(f"pooling {self.pooling!r} is none of {', '.join(POOLINGS)}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise BadData("mean and std have three values, as 0.5+0.5+0.5, and std above 0")
        return OnnxEncoder(path, modality, self)


@dataclass(frozen=True)
class OnnxEncoder:
    """Media one at a time through a network, so a vector does not depend on its batch."""

    path: Path
    modality: str
    options: OnnxFile

    @cached_property
    def fingerprint(self) -> str:
        """Stands for the contents of the files and for the fields, never for where they lie."""
        options = self.options
        files = [self.path, *_weights_beside(self.path)]
        if self.modality == "text":
            files.append(self._tokenizer_path)
        name = f"onnx-{self.path.stem}".replace("/", "-")
        shape = (options.size, options.mean, options.std, options.layout, options.rate)
        rest = (options.seconds, options.output, options.pooling, options.normalise)
        return fingerprint_of(name, self.modality, *map(_hash, files), *shape, *rest, VERSION)

    @cached_property
    def dim(self) -> int:
        """What the network says, else the length of a first vector."""
        last = self._output.shape[-1] if self._output.shape else None
        if isinstance(last, int) and len(self._output.shape) < 4:
            return last
        return len(self._vector(self._prepare(sample_of(self.modality))))

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        out = np.empty((len(media), self.dim), np.float32)
        for row, inputs in enumerate(decode_each(media, self._prepare)):
            out[row] = self._vector(inputs)
        if self.options.normalise:
            out /= np.linalg.norm(out, axis=1, keepdims=True).clip(1e-12)
        return out

    def _vector(self, inputs: Inputs) -> Floats:
        try:
            found = [self._session.run([self._output.name], each)[0] for each in inputs]
        except Exception as error:  # onnxruntime has no class for inputs that do not fit
            raise BadModel(
                f"{self.path.name} does not take the {self.modality} as it was prepared"
                f" ({_line(error)}); `prismrec list encoders onnx` shows the fields"
            ) from error
        pooled = [_pooled(each, self.options.pooling) for each in found]
        return np.asarray(np.mean(pooled, axis=0), np.float32)

    @property
    def _prepare(self) -> Callable[[bytes], Inputs]:
        prepare: dict[str, Callable[[bytes], Inputs]] = {
            "image": self._picture,
            "text": self._text,
            "audio": self._sound,
        }
        return prepare[self.modality]

    def _picture(self, data: bytes) -> Inputs:
        (first, *_) = self._inputs
        sides = first.shape[1:3] if self.options.layout == "nhwc" else first.shape[2:4]
        height, width = (side if isinstance(side, int) else self.options.size for side in sides)
        pixels = _square(data, height, width)  # (h, w, 3)
        dtype = _type(first)
        if dtype != np.uint8:
            pixels = (pixels / 255 - np.array(self.options.mean)) / np.array(self.options.std)
        if self.options.layout == "nchw":
            pixels = pixels.transpose(2, 0, 1)
        return [{first.name: np.ascontiguousarray(pixels[None], dtype)}]

    def _sound(self, data: bytes) -> Inputs:
        (first, *_) = self._inputs
        rate, wanted = self.options.rate, first.shape[-1]
        fixed = isinstance(wanted, int)  # then a short sound is filled up with silence
        size = wanted if fixed else max(1, int(self.options.seconds * rate))
        shortest = size if fixed else int(SHORTEST * rate)
        windows = windows_of(decode_audio(data, rate), size, shortest=shortest)
        shape = (1,) * (len(first.shape) - 1)
        return [{first.name: each.reshape(*shape, -1).astype(_type(first))} for each in windows]

    def _text(self, data: bytes) -> Inputs:
        encoding = self._tokenizer.encode(decode_text(data))
        values = {
            "input_ids": encoding.ids or [0],
            "attention_mask": encoding.attention_mask or [1],
            "token_type_ids": encoding.type_ids or [0],
        }
        unknown = [each.name for each in self._inputs if each.name not in values]
        if unknown:
            raise BadModel(
                f"{self.path.name} has an input {unknown[0]}; texts give {', '.join(values)}"
            )
        return [{each.name: np.array([values[each.name]], _type(each)) for each in self._inputs}]

    @cached_property
    def _session(self) -> Any:
        runtime = require("onnxruntime", "media")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1  # several threads call it
        options.log_severity_level = 3
        wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
        providers = [name for name in wanted if name in runtime.get_available_providers()]
        try:
            return runtime.InferenceSession(str(self.path), options, providers=providers)
        except Exception as error:  # its classes are private, and a damaged file may raise any
            raise BadModel(f"{self.path} is no usable ONNX network ({_line(error)})") from error

    @cached_property
    def _inputs(self) -> list[Any]:
        return list(self._session.get_inputs())

    @cached_property
    def _output(self) -> Any:
        outputs = {each.name: each for each in self._session.get_outputs()}
        name = self.options.output or next(iter(outputs))
        if name not in outputs:
            raise BadData(f"{self.path.name} has no output {name!r}; it has {', '.join(outputs)}")
        return outputs[name]

    @property
    def _tokenizer_path(self) -> Path:
        path = Path(self.options.tokenizer or self.path.with_name("tokenizer.json")).expanduser()
        if not path.is_file():
            raise BadModel(
                f"there is no {path}; write onnx:PATH?tokenizer=PATH of a tokenizer.json"
            )
        return path

    @cached_property
    def _tokenizer(self) -> Any:
        try:
            tokenizer = require("tokenizers", "hf").Tokenizer.from_file(str(self._tokenizer_path))
        except Exception as error:  # the class of its errors is Exception
            raise BadModel(f"{self._tokenizer_path} is no tokenizer ({_line(error)})") from error
        tokenizer.no_padding()
        if tokenizer.truncation is None:
            tokenizer.enable_truncation(512)
        return tokenizer


def _square(data: bytes, height: int, width: int) -> npt.NDArray[Any]:
    picture = Image.fromarray(decode_image(data, short_side=max(height, width)))
    side = min(picture.width / width, picture.height / height)  # what one pixel of it covers
    left, top = (picture.width - side * width) / 2, (picture.height - side * height) / 2
    # Only what is looked at is scaled, so a banner of 10,000 x 10 costs no more than a square.
    box = (left, top, left + side * width, top + side * height)
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC, box=box))


def _pooled(found: npt.NDArray[Any], how: str) -> Floats:
    """(1, d), (1, t, d) or (1, c, h, w) to (d,)."""
    values = found[0].astype(np.float32)
    if values.ndim == 3:
        values = values.mean((1, 2))
    elif values.ndim == 2:
        values = {"cls": values[0], "last": values[-1], "mean": values.mean(0)}[how]
    return np.asarray(values.reshape(-1), np.float32)


def _type(place: Any) -> Any:
    if place.type not in TYPES:
        raise BadModel(f"the input {place.name} wants {place.type}; known are {', '.join(TYPES)}")
    return TYPES[place.type]


def _weights_beside(path: Path) -> list[Path]:
    """Files in which a large network keeps its weights."""
    names = (f"{path.name}.data", f"{path.name}_data")
    return [file for name in names if (file := path.with_name(name)).is_file()]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]

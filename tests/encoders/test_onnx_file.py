"""`onnx:` on small networks that are built here, for pictures, texts and sounds."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import soundfile
from onnx import TensorProto, helper
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from prismrec.encoders.choice import encoder_of
from prismrec.errors import BadData, BadMedia, BadModel

Node = tuple[str, list[str], str, dict[str, Any]]
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a network: nodes as (operator, inputs, output, attributes), the last one is `out`."""

    def write(
        nodes: Sequence[Node],
        inputs: dict[str, tuple[int, list[int | str]]],
        shape: list[int | str] | None,
        name: str = "net",
    ) -> Path:
        graph = helper.make_graph(
            [helper.make_node(op, ins, [out], **more) for op, ins, out, more in nodes],
            "net",
            [helper.make_tensor_value_info(key, *kind) for key, kind in inputs.items()],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        path = tmp_path / f"{name}.onnx"
        onnx.save(model, path)
        return path

    return write


PICTURE = {"pixels": (TensorProto.FLOAT, [1, 3, "h", "w"])}
MEAN_COLOUR: list[Node] = [("ReduceMean", ["pixels"], "out", {"axes": [2, 3], "keepdims": 0})]
SOUND = {"samples": (TensorProto.FLOAT, [1, "s"])}
MEAN_SAMPLE: list[Node] = [("ReduceMean", ["samples"], "out", {"axes": [1], "keepdims": 1})]


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def test_a_picture_is_scaled_and_normalised(make: Make) -> None:
    path = make(MEAN_COLOUR, PICTURE, [1, 3])
    pixels = np.full((30, 90, 3), (255, 51, 0), np.uint8)
    encoder = encoder_of(f"onnx:{path}?size=8&mean=0.5+0.5+0.5&std=0.5+0.25+1", "image")
    assert encoder.dim == 3
    assert encoder([png(pixels)])[0] == pytest.approx([1, -1.2, -0.5], abs=1e-5)
    assert encoder([]).shape == (0, 3)
    unit = encoder_of(f"onnx:{path}?size=8&normalise=true", "image")([png(pixels)])
    assert np.linalg.norm(unit) == pytest.approx(1)


def test_the_middle_of_a_picture_is_looked_at(make: Make) -> None:
    pixels = np.zeros((10, 50, 3), np.uint8)
    pixels[:, 20:30] = 255
    encoder = encoder_of(f"onnx:{make(MEAN_COLOUR, PICTURE, [1, 3])}?size=5", "image")
    assert encoder([png(pixels)])[0].min() > 0.9


def test_bytes_and_channels_last(make: Make) -> None:
    nodes: list[Node] = [
        ("Cast", ["pixels"], "float", {"to": TensorProto.FLOAT}),
        ("ReduceMean", ["float"], "out", {"axes": [1, 2], "keepdims": 0}),
    ]
    path = make(nodes, {"pixels": (TensorProto.UINT8, [1, 4, 6, 3])}, [1, 3])
    encoder = encoder_of(f"onnx:{path}?layout=nhwc", "image")
    pixels = np.full((9, 9, 3), (200, 100, 0), np.uint8)
    assert encoder([png(pixels)])[0] == pytest.approx([200, 100, 0])


def test_an_output_of_a_map_is_averaged(make: Make) -> None:
    path = make([("Identity", ["pixels"], "out", {})], PICTURE, [1, 3, "h", "w"])
    encoder = encoder_of(f"onnx:{path}?size=4", "image")
    assert encoder.dim == 3
    assert encoder([png(np.full((4, 4, 3), 255, np.uint8))])[0] == pytest.approx([1, 1, 1])


def test_windows_of_a_sound_are_averaged(make: Make) -> None:
    path = make(MEAN_SAMPLE, SOUND, [1, 1])
    samples = np.r_[np.full(8_000, 0.5), np.full(8_000, 0.1)]
    for fields in ("", "?seconds=0.5"):
        encoder = encoder_of(f"onnx:{path}{fields}", "audio")
        assert encoder([wav(samples), wav(np.full(1, 0.3))])[0] == pytest.approx(0.3, abs=1e-4)


def test_a_fixed_length_is_filled_with_silence(make: Make) -> None:
    path = make(MEAN_SAMPLE, {"samples": (TensorProto.FLOAT, [1, 400])}, [1, 1])
    encoder = encoder_of(f"onnx:{path}", "audio")
    assert encoder([wav(np.full(100, 0.4))])[0] == pytest.approx(0.1, abs=1e-5)
    assert encoder([wav(np.full(4_000, 0.4))])[0] == pytest.approx(0.4, abs=1e-5)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A tokenizer beside the network: a = 0, b = 1, c = 2."""
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "c": 2}, "a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


TEXT = {name: (TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")}
STACKED: list[Node] = [
    ("Cast", ["input_ids"], "ids", {"to": TensorProto.FLOAT}),
    ("Cast", ["attention_mask"], "mask", {"to": TensorProto.FLOAT}),
    ("Unsqueeze", ["ids", "last"], "a", {}),
    ("Unsqueeze", ["mask", "last"], "b", {}),
    ("Concat", ["a", "b"], "out", {"axis": 2}),
]


@pytest.mark.parametrize(
    ("fields", "expected"), [("", [1, 1]), ("?pooling=cls", [0, 1]), ("?pooling=last", [2, 1])]
)
def test_a_text_is_pooled(make: Make, words: Path, fields: str, expected: list[float]) -> None:
    last: Node = ("Constant", [], "last", {"value_ints": [2]})
    encoder = encoder_of(f"onnx:{make([last, *STACKED], TEXT, ['n', 't', 2])}{fields}", "text")
    assert encoder.dim == 2
    assert encoder([b"a b c", b""])[0] == pytest.approx(expected)


def test_a_text_needs_a_tokenizer(make: Make) -> None:
    last: Node = ("Constant", [], "last", {"value_ints": [2]})
    encoder = encoder_of(f"onnx:{make([last, *STACKED], TEXT, ['n', 't', 2])}", "text")
    with pytest.raises(BadModel, match=r"PATH of a tokenizer\.json"):
        encoder([b"a"])


def test_the_fingerprint_follows_contents_and_fields(make: Make, tmp_path: Path) -> None:
    path = make(MEAN_COLOUR, PICTURE, [1, 3])
    (tmp_path / "other").mkdir()
    moved = tmp_path / "other" / "net.onnx"
    moved.write_bytes(path.read_bytes())
    first = encoder_of(f"onnx:{path}", "image").fingerprint
    assert encoder_of(f"onnx:{moved}", "image").fingerprint == first
    assert "/" not in first
    changed = {encoder_of(f"onnx:{path}?{f}", "image").fingerprint for f in ("size=9", "rate=1")}
    other = make(
        [("ReduceMax", ["pixels"], "out", {"axes": [2, 3], "keepdims": 0})], PICTURE, [1, 3]
    )
    assert len({first, *changed, encoder_of(f"onnx:{other}", "image").fingerprint}) == 4


def test_wrong_files_and_fields_are_named(make: Make, tmp_path: Path) -> None:
    path = make(MEAN_COLOUR, PICTURE, [1, 3])
    with pytest.raises(BadModel, match="there is no file"):
        encoder_of(f"onnx:{tmp_path / 'absent.onnx'}", "image")
    with pytest.raises(BadData, match="neither nchw nor nhwc"):
        encoder_of(f"onnx:{path}?layout=hwc", "image")
    with pytest.raises(BadData, match="three values"):
        encoder_of(f"onnx:{path}?mean=0.5", "image")
    with pytest.raises(BadData, match="no output 'x'; it has out"):
        encoder_of(f"onnx:{path}?output=x", "image")([])
    with pytest.raises(BadModel, match="does not take the audio"):
        encoder_of(f"onnx:{path}", "audio")([wav(np.zeros(100))])
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(BadModel, match="no usable ONNX network"):
        encoder_of(f"onnx:{broken}", "image")([png(np.zeros((2, 2, 3), np.uint8))])


def test_a_broken_medium_is_named(make: Make) -> None:
    encoder = encoder_of(f"onnx:{make(MEAN_COLOUR, PICTURE, [1, 3])}", "image")
    with pytest.raises(BadMedia) as caught:
        encoder([png(np.zeros((2, 2, 3), np.uint8)), b"broken"])
    assert caught.value.index == 1

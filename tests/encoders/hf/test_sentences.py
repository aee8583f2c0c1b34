"""Texts: pooling, instructions, Matryoshka, files of sentence-transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from encoders.hf.media import MEDIA, open_, unit
from prismrec.errors import BadData, BadModel

Model = Callable[[str], Path]


def hidden_states(folder: Path, text: str) -> np.ndarray:
    """(t, d) of one text, without any padding."""
    import transformers

    inner = transformers.AutoModel.from_pretrained(folder).eval()
    ids = transformers.AutoTokenizer.from_pretrained(folder)([text], return_tensors="pt")
    return inner(input_ids=ids["input_ids"]).last_hidden_state[0].detach().numpy()


@pytest.mark.parametrize(
    ("name", "pooling", "by_hand"),
    [
        ("bert", "", lambda h: h.mean(0)),
        ("bert", "cls", lambda h: h[0]),
        ("bert", "max", lambda h: h.max(0)),
        ("roberta", "last", lambda h: h[-1]),
        ("qwen3", "", lambda h: h[-1]),
        ("qwen3", "mean", lambda h: h.mean(0)),
    ],
)
def test_pooling_by_hand(model: Model, name: str, pooling: str, by_hand: Any) -> None:
    encoder = open_(model(name), "text", f"pooling={pooling}" if pooling else "")
    vectors = encoder([b"red lamp", b"a green lamp with a red lamp"])  # the first one is padded
    expected = by_hand(hidden_states(model(name), "red lamp"))
    assert vectors[0] == pytest.approx(unit(expected), abs=1e-5)


def test_the_first_dimensions_of_a_matryoshka_vector(model: Model) -> None:
    whole, part = open_(model("qwen3"), "text"), open_(model("qwen3"), "text", "dim=6")
    assert part.dim == 6
    assert part(MEDIA["text"]) == pytest.approx(unit(whole(MEDIA["text"])[:, :6]), abs=1e-5)
    assert part.fingerprint != whole.fingerprint
    with pytest.raises(BadData, match="dim 17 is not between 1 and 16"):
        open_(model("qwen3"), "text", "dim=17")


def test_the_instruction_stands_before_every_text(model: Model) -> None:
    asked = open_(model("bert"), "text", "instruction=red%20")
    plain = open_(model("bert"), "text")
    assert asked([b"lamp"]) == pytest.approx(plain([b"red lamp"]), abs=1e-6)
    assert asked.fingerprint != plain.fingerprint


def test_long_texts_are_cut_where_the_positions_end(model: Model) -> None:
    encoder = open_(model("roberta"), "text")
    long, longer = b"a" * 36, b"a" * 500  # 38 positions, two of them for <s> and </s>
    assert encoder([longer]) == pytest.approx(encoder([long]), abs=1e-6)
    short = open_(model("roberta"), "text", "length=4")
    assert short([b"abc"]) == pytest.approx(encoder([b"ab"]), abs=1e-6)


def test_files_of_sentence_transformers_are_followed(copied: Model, tiny: ModuleType) -> None:
    folder = copied("bert")
    prompts = {"query": "ask: ", "document": "text: ", "title": ""}
    pooling = {
        "1_Pooling/config": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    }
    settings = {"config_sentence_transformers": {"prompts": prompts}}
    tiny.sentence_files(folder, "Pooling", **pooling, **settings)
    encoder = open_(folder, "text")
    assert encoder([b"red lamp"])[0] == pytest.approx(
        hidden_states(folder, "text: red lamp")[0], abs=1e-5
    )
    query = open_(folder, "text", "prompt=query")
    assert query([b"lamp"])[0] == pytest.approx(hidden_states(folder, "ask: lamp")[0], abs=1e-5)
    with pytest.raises(BadData, match="no prompt 'passage'; it has document, query"):
        open_(folder, "text", "prompt=passage")([b"lamp"])


def test_a_dense_layer_behind_the_pooling(copied: Model, tiny: ModuleType) -> None:
    import torch
    from safetensors.torch import save_file

    folder = copied("bert")
    pooling = {"1_Pooling/config": {"pooling_mode": "mean"}}
    tanh = {"out_features": 4, "activation_function": "torch.nn.modules.activation.Tanh"}
    dense = {"2_Dense/config": tanh}
    tiny.sentence_files(folder, "Pooling", "Dense", "Normalize", **pooling, **dense)
    weight, bias = torch.arange(64.0).reshape(4, 16) / 64, torch.ones(4)
    save_file({"linear.weight": weight, "linear.bias": bias}, folder / "2_Dense/model.safetensors")
    encoder = open_(folder, "text")
    assert encoder.dim == 4
    mean = hidden_states(folder, "red lamp").mean(0)
    expected = np.tanh(weight.numpy() @ mean + bias.numpy())
    assert encoder([b"red lamp"])[0] == pytest.approx(unit(expected), abs=1e-5)


def test_parts_that_are_not_understood_are_refused(copied: Model, tiny: ModuleType) -> None:
    folder = copied("bert")
    tiny.sentence_files(folder, "WeightedLayerPooling")
    with pytest.raises(BadModel, match="not understood: Transformer, WeightedLayerPooling"):
        open_(folder, "text")
    tiny.sentence_files(folder, "Pooling", **{"1_Pooling/config": {"pooling_mode": "weightedmean"}})
    with pytest.raises(BadModel, match="pools by weightedmean"):
        open_(folder, "text")

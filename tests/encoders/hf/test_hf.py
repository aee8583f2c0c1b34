"""`hf:` on tiny models of each family that are built here and saved as their makers save them.

One module, since importing torch and transformers takes seconds.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from prismrec.encoders.choice import encoder_of
from prismrec.errors import BadData, BadMedia, BadModel

BROKEN = {"image": b"\x89PNG\r\n\x1a\n broken", "text": b"caf\xe9", "audio": b"RIFF broken"}
FAMILIES = [
    ("clip", "image"), ("clip", "text"), ("siglip", "image"), ("siglip", "text"),
    ("siglip2", "image"), ("siglip2", "text"), ("clap", "audio"), ("clap", "text"),
    ("dinov2", "image"), ("vit", "image"), ("convnext", "image"), ("bert", "text"),
    ("roberta", "text"), ("qwen3", "text"), ("t5", "text"), ("wav2vec2", "audio"),
    ("hubert", "audio"), ("whisper", "audio"), ("qwen2_vl", "image"), ("qwen2_vl", "text"),
]  # fmt: skip

Model = Callable[[str], Path]


@pytest.fixture(scope="module")
def tiny() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.torch.set_num_threads(1)  # on models of this size a second thread only waits
    return module


@pytest.fixture(scope="module")
def model(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The folder of a tiny model, made when it is first asked for; not to be changed."""
    root, made = tmp_path_factory.mktemp("models"), {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = tiny.MAKERS[name](root / name)
        return made[name]

    return folder


@pytest.fixture
def copied(model: Model, tmp_path: Path) -> Model:
    """Likewise, to be changed."""
    return lambda name: Path(shutil.copytree(model(name), tmp_path / name))


def picture(width: int, height: int, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def sound(samples: np.ndarray, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def noise(n: int, seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).normal(size=n)


MEDIA = {
    "image": [picture(20, 30), picture(1, 1), picture(90, 3, 1), picture(16, 16, 2)],
    "text": [b"red lamp", "红色的灯".encode(), b"", b"a green lamp " * 20, b"x"],
    "audio": [
        sound(noise(40_000)), sound(noise(8_000, 1), 8_000), sound(np.zeros(1)),
        sound(noise(70_000, 2)),
    ],
}  # fmt: skip


def open_(folder: Path, modality: str, fields: str = "") -> Any:
    return encoder_of(f"hf:{folder}{'?' if fields else ''}{fields}", modality)


def unit(values: Any) -> np.ndarray:
    array = np.asarray(values, np.float64)
    return array / np.linalg.norm(array, axis=-1, keepdims=True)


@pytest.mark.parametrize(("name", "modality"), FAMILIES)
def test_every_family_keeps_the_contract(model: Model, name: str, modality: str) -> None:
    encoder, media = open_(model(name), modality), MEDIA[modality]
    vectors = encoder(media)
    assert vectors.shape == (len(media), encoder.dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert encoder([]).shape == (0, encoder.dim)
    assert len(np.unique(vectors.round(6), axis=0)) == len(media)
    alone = np.vstack([encoder([medium]) for medium in media])
    assert np.abs(alone - vectors).max() <= 1e-5 * np.abs(vectors).max()
    again = open_(model(name), modality)
    assert again.fingerprint == encoder.fingerprint
    assert "/" not in encoder.fingerprint
    with ThreadPoolExecutor(2) as pool:
        for other in pool.map(again, [media] * 2):
            assert np.abs(other - vectors).max() <= 1e-6
    with pytest.raises(BadMedia) as caught:
        encoder([media[0], BROKEN[modality], BROKEN[modality]])
    assert caught.value.index == 1


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_pictures_and_texts_meet(model: Model, name: str) -> None:
    import transformers

    folder = model(name)
    pictures, texts = open_(folder, "image"), open_(folder, "text")
    assert pictures.space == texts.space
    assert pictures.fingerprint != texts.fingerprint
    assert pictures._weights is texts._weights
    whole = transformers.AutoModel.from_pretrained(folder)
    words = transformers.AutoTokenizer.from_pretrained(folder)
    pad = {"padding": "max_length", "max_length": 40} if name == "siglip" else {}
    seen = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    image = Image.open(io.BytesIO(MEDIA["image"][0]))
    ids = words(["red lamp"], return_tensors="pt", **pad)["input_ids"]
    found = whole(input_ids=ids, pixel_values=seen([image], return_tensors="pt")["pixel_values"])
    assert pictures(MEDIA["image"][:1]) == pytest.approx(
        found.image_embeds.detach().numpy(), abs=1e-5
    )
    assert texts([b"red lamp"]) == pytest.approx(found.text_embeds.detach().numpy(), abs=1e-5)
    raw = open_(folder, "image", "normalise=false")(MEDIA["image"])
    assert unit(raw) == pytest.approx(pictures(MEDIA["image"]), abs=1e-5)
    assert np.abs(np.linalg.norm(raw, axis=1) - 1).min() > 1e-3


def test_what_has_no_shared_space_names_none(model: Model) -> None:
    assert not hasattr(open_(model("dinov2"), "image"), "space")
    assert not hasattr(open_(model("bert"), "text"), "space")


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


def test_class_token_and_patches_of_a_vision_model(model: Model) -> None:
    import transformers

    folder = model("dinov2")
    seen = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    image = Image.open(io.BytesIO(MEDIA["image"][0]))
    inner = transformers.AutoModel.from_pretrained(folder).eval()
    hidden = inner(**seen([image], return_tensors="pt")).last_hidden_state[0].detach().numpy()
    assert len(hidden) == 1 + 3 + 16  # class, registers, patches
    for fields, expected in (("", hidden[0]), ("pooling=mean", hidden[4:].mean(0))):
        vector = open_(folder, "image", fields)(MEDIA["image"][:1])[0]
        assert vector == pytest.approx(expected, abs=1e-5)


def test_a_pooler_without_weights_is_refused(model: Model) -> None:
    with pytest.raises(BadModel, match="no weights of a pooler; write pooling=cls"):
        open_(model("vit"), "image", "pooling=pooler")(MEDIA["image"])
    with pytest.raises(BadData, match="no pooling 'last'; write pooling=cls"):
        open_(model("vit"), "image", "pooling=last")(MEDIA["image"])


def test_a_banner_does_not_fill_the_memory(model: Model) -> None:
    banner = picture(200_000, 1)
    assert np.isfinite(open_(model("clip"), "image")([banner])).all()


def test_a_long_sound_is_the_mean_of_its_windows(model: Model) -> None:
    whole = noise(32_000)
    halves = [whole[:16_000], whole[16_000:]]
    encoder = open_(model("wav2vec2"), "audio", "seconds=1")
    expected = encoder([sound(half) for half in halves]).mean(0)
    assert encoder([sound(whole)])[0] == pytest.approx(expected, abs=1e-5)


def test_nothing_is_left_to_chance_in_clap(model: Model) -> None:
    encoder = open_(model("clap"), "audio")  # takes random parts of what is longer than 2 s
    media = [sound(noise(5 * 48_000), 48_000), sound(noise(48_000), 48_000)]
    assert (encoder(media) == encoder(media)).all()


def test_whisper_does_not_hear_the_silence_that_it_pads(model: Model) -> None:
    import transformers

    folder = model("whisper")
    inner = transformers.WhisperModel.from_pretrained(folder).eval()
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(folder)
    samples = noise(16_000).astype(np.float32)
    features = extractor(samples, sampling_rate=16_000, return_tensors="pt")["input_features"]
    frames = inner.get_encoder()(features).last_hidden_state[0].detach().numpy()
    assert len(frames) == 100  # two seconds
    vector = open_(folder, "audio")([sound(samples)])[0]
    assert vector == pytest.approx(frames[:50].mean(0), abs=1e-5)


def test_a_layer_of_a_sound_model(model: Model) -> None:
    import torch
    import transformers

    folder = model("hubert")
    samples = noise(16_000).astype(np.float32)
    inner = transformers.HubertModel.from_pretrained(folder).eval()
    scaled = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    states = inner(torch.from_numpy(scaled)[None], output_hidden_states=True).hidden_states
    vector = open_(folder, "audio", "layer=1")([sound(samples)])[0]
    assert vector == pytest.approx(states[1][0].mean(0).detach().numpy(), abs=1e-4)
    with pytest.raises(BadData, match="layer 3 is not between -3 and 2"):
        open_(folder, "audio", "layer=3")([sound(samples)])


def test_a_multimodal_model_reads_both_at_once(model: Model) -> None:
    pictures, texts = open_(model("qwen2_vl"), "image"), open_(model("qwen2_vl"), "text")
    assert pictures.space == texts.space
    before = texts(MEDIA["text"])
    both = pictures.together(MEDIA["image"][:2], [b"red lamp", b"green"])
    assert (texts(MEDIA["text"]) == before).all()  # a picture leaves no positions behind
    assert unit(both) == pytest.approx(both, abs=1e-5)
    assert np.abs(both - pictures(MEDIA["image"][:2])).max() > 1e-4
    assert np.abs(both - texts([b"red lamp", b"green"])).max() > 1e-4
    other = pictures.together(MEDIA["image"][:2], [b"green lamp", b"green"])
    assert other[1] == pytest.approx(both[1], abs=1e-6)
    assert np.abs(other[0] - both[0]).max() > 1e-5
    with pytest.raises(BadMedia) as caught:
        pictures.together(MEDIA["image"][:2], [b"a", b"caf\xe9"])
    assert caught.value.index == 1


def test_the_multimodal_vector_is_that_of_the_last_token(model: Model) -> None:
    import transformers

    folder = model("qwen2_vl")
    inner = transformers.AutoModel.from_pretrained(folder).eval()
    words = transformers.AutoTokenizer.from_pretrained(folder)
    seen = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    found = seen([Image.open(io.BytesIO(MEDIA["image"][0]))], return_tensors="pt")
    patches = int(found["image_grid_thw"].prod()) // 4
    prompt = f"<s>system:hi</s><s>user:{'<image>' * patches}</s><s>"
    ids = words([prompt], return_tensors="pt")["input_ids"]
    marks = (ids == 4).int()
    hidden = inner(input_ids=ids, mm_token_type_ids=marks, **found).last_hidden_state
    vector = open_(folder, "image", "instruction=hi")(MEDIA["image"][:1])[0]
    assert vector == pytest.approx(unit(hidden[0, -1].detach().numpy()), abs=1e-5)


def test_the_fingerprint_follows_the_files_not_the_place(model: Model, copied: Model) -> None:
    there, here = model("bert"), copied("bert")
    assert open_(here, "text").fingerprint == open_(there, "text").fingerprint
    config = json.loads((here / "config.json").read_text())
    (here / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-6}))
    assert open_(here, "text").fingerprint != open_(there, "text").fingerprint


def test_every_field_that_is_taken_is_in_the_fingerprint(model: Model) -> None:
    plain = open_(model("bert"), "text").fingerprint
    changed = ["pooling=cls", "normalise=false", "dim=4", "length=9", "precision=bfloat16"]
    found = {open_(model("bert"), "text", fields).fingerprint for fields in changed}
    assert len({plain, *found}) == len(changed) + 1


def test_wrong_choices_say_what_is_right(model: Model, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"\(bert\) reads no pictures.* prepare texts"):
        open_(model("bert"), "image")
    with pytest.raises(BadData, match=r"seconds means nothing to the text side.*it takes dim,"):
        open_(model("bert"), "text", "seconds=3")
    with pytest.raises(BadData, match="pooling 'first' is none of cls, mean"):
        open_(model("bert"), "text", "pooling=first")([b"x"])
    with pytest.raises(BadData, match="precision 'int8' is none of auto"):
        open_(model("bert"), "text", "precision=int8")([b"x"])
    with pytest.raises(BadModel, match="is no folder, and no name of the hub"):
        open_(tmp_path / "absent", "text")


def test_weights_that_are_missing_are_never_made_up(copied: Model) -> None:
    from safetensors.torch import load_file, save_file

    folder = copied("bert")
    tensors = load_file(folder / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadModel, match=r"no weights for encoder\.layer\.1\.output\.dense\.weight"):
        open_(folder, "text")([b"x"])


def test_pickled_weights_and_foreign_code_are_refused(copied: Model) -> None:
    folder = copied("bert")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BadModel, match="no weights in safetensors files"):
        open_(folder, "text")([b"x"])
    config = json.loads((folder / "config.json").read_text())
    own = {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    (folder / "config.json").write_text(json.dumps({**config, **own}))
    (folder / "own.py").write_text("raise SystemExit('it was run')")
    with pytest.raises(BadModel, match="needs code of its own, which is never run"):
        open_(folder, "text")


def test_a_damaged_folder_is_named(copied: Model) -> None:
    folder = copied("bert")
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(BadModel, match="bert has no"):
        open_(folder, "text")([b"x"])
    (folder / "config.json").write_text("{")
    with pytest.raises(BadModel, match="bert has no usable Config"):
        open_(folder, "text")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty download cache, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_without_a_network_the_line_says_how_to_get_the_model(hub: Path) -> None:
    with pytest.raises(BadModel) as caught:
        encoder_of("hf:some/model?revision=v2", "text")
    assert "\n" not in str(caught.value)
    assert "hf download some/model --local-dir FOLDER" in str(caught.value)
    assert "revision v2" in str(caught.value)


def test_what_was_downloaded_needs_no_network(hub: Path, model: Model) -> None:
    place = hub / "models--some--model"
    shutil.copytree(model("bert"), place / "snapshots" / "0a1b2c")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("0a1b2c")
    encoder: Any = encoder_of("hf:some/model", "text")
    assert encoder.opened.source.version == "0a1b2c"
    assert encoder.fingerprint.startswith("hf-some-model-")
    direct = open_(model("bert"), "text")([b"red lamp"])
    assert encoder([b"red lamp"]) == pytest.approx(direct, abs=1e-6)


def test_options_are_plain_values(model: Model) -> None:
    encoder = open_(model("bert"), "text", "normalise=false&dim=8&pooling=cls")
    options = dataclasses.asdict(encoder.opened.options)
    assert (options["normalise"], options["dim"], options["pooling"]) == (False, 8, "cls")

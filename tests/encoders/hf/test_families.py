"""Each family keeps the contract, and gives what the model itself gives."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from encoders.hf.media import BROKEN, MEDIA, noise, open_, picture, sound, unit
from prismrec.encoders.pairs import pack
from prismrec.errors import BadData, BadMedia, BadModel

Model = Callable[[str], Path]

FAMILIES = [
    ("clip", "image"), ("clip", "text"), ("siglip", "image"), ("siglip", "text"),
    ("siglip2", "image"), ("siglip2", "text"), ("clap", "audio"), ("clap", "text"),
    ("dinov2", "image"), ("vit", "image"), ("convnext", "image"), ("bert", "text"),
    ("roberta", "text"), ("qwen3", "text"), ("t5", "text"), ("wav2vec2", "audio"),
    ("hubert", "audio"), ("whisper", "audio"), ("qwen2_vl", "image"), ("qwen2_vl", "text"),
]  # fmt: skip


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


def test_a_video_is_the_mean_of_its_frames(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    from prismrec.encoders.hf import pictures

    frames = [np.full((9, 9, 3), grey, np.uint8) for grey in (10, 200)]
    for name, fields in (
        ("clip", "normalise=false"),
        ("dinov2", ""),
        ("qwen2_vl", "normalise=false"),
    ):
        encoder = open_(model(name), "image", fields)
        alone = []
        for shown in (*frames, frames):
            several = shown if isinstance(shown, list) else [shown]
            monkeypatch.setattr(pictures, "decode_frames", lambda data, short_side, s=several: s)
            alone.append(encoder([b"", b""])[1])
        assert alone[2] == pytest.approx((alone[0] + alone[1]) / 2, abs=1e-5)
        assert np.abs(alone[0] - alone[1]).max() > 1e-5


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
    folder, images = model("qwen2_vl"), MEDIA["image"][:2]
    pictures, texts = open_(folder, "image"), open_(folder, "text")
    both = open_(folder, "image", "also=text")
    assert pictures.space == texts.space == both.space
    assert len({pictures.fingerprint, texts.fingerprint, both.fingerprint}) == 3
    before = texts(MEDIA["text"])
    found = both([pack(images[0], b"red lamp"), pack(images[1], b"green"), images[0]])
    assert (texts(MEDIA["text"]) == before).all()  # a picture leaves no positions behind
    assert unit(found) == pytest.approx(found, abs=1e-5)
    assert found[2] == pytest.approx(pictures(images)[0], abs=1e-6)
    assert np.abs(found[:2] - pictures(images)).max() > 1e-4
    other = both([pack(images[0], b"green lamp"), pack(images[1], b"green")])
    assert other[1] == pytest.approx(found[1], abs=1e-6)
    assert np.abs(other[0] - found[0]).max() > 1e-5
    for broken in (pack(images[0], b"caf\xe9"), pack(b"no picture", b"red lamp")):
        with pytest.raises(BadMedia) as caught:
            both([images[0], broken])
        assert caught.value.index == 1
    with pytest.raises(BadData, match="only pictures are read with a text"):
        open_(folder, "text", "also=image")


def test_a_text_that_spells_out_the_token_of_a_picture(model: Model) -> None:
    both = open_(model("qwen2_vl"), "image", "also=text")
    picture_, plain, spelt = MEDIA["image"][0], b"red lamp", b"red <image>lamp"
    assert both([pack(picture_, spelt)]) == pytest.approx(both([pack(picture_, plain)]), abs=1e-6)


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

"""Tiny random models of each family, saved as their makers save them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers as tf
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = [*"abcdefghijklmnopqrstuvwxyz0123456789.,:' 灯红绿的色", "lamp", "red", "green"]
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
BLOCK = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
PICTURE = {**BLOCK, "image_size": 16, "patch_size": 4}
CHAT = (
    "{% for m in messages %}<s>{{ m.role }}:{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' %}<image>{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}{% endif %}</s>{% endfor %}{% if add_generation_prompt %}<s>{% endif %}"
)


def save(folder: Path, kind: str, config: Any, *parts: Any) -> Path:
    """Make `kind` of transformers with random weights, and save it with its other parts."""
    with torch.random.fork_rng():
        torch.random.default_generator.seed()
        model = getattr(tf, kind)(config)
    model.save_pretrained(folder)
    for part in parts:
        part.save_pretrained(folder)
    return folder


def tokenizer(*, start: bool = True, end: bool = True, more: tuple[str, ...] = ()) -> Any:
    """Splits into single characters; adds <s> and </s> where wanted."""
    names = [*SPECIAL, *more, *dict.fromkeys(WORDS)]
    inner = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, "<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    single = [*["<s>"] * start, "$A", *["</s>"] * end]
    inner.post_processor = processors.TemplateProcessing(
        single=single, special_tokens=[(name, names.index(name)) for name in SPECIAL]
    )
    return tf.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=list(more),
        model_input_names=["input_ids", "attention_mask"],
    )


TEXT = {
    **BLOCK,
    "vocab_size": 64,
    "max_position_embeddings": 40,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
SQUARE = {"height": 16, "width": 16}


def clip(folder: Path) -> Path:
    config = tf.CLIPConfig(text_config=TEXT, vision_config=PICTURE, projection_dim=12)
    side = {"shortest_edge": 16}
    pictures = tf.CLIPImageProcessorPil(size=side, crop_size=SQUARE)
    return save(folder, "CLIPModel", config, pictures, tokenizer())


def siglip(folder: Path) -> Path:
    config = tf.SiglipConfig(text_config=TEXT, vision_config=PICTURE)
    pictures = tf.SiglipImageProcessorPil(size=SQUARE)
    return save(folder, "SiglipModel", config, pictures, tokenizer(start=False))


def siglip2(folder: Path) -> Path:
    vision = {**BLOCK, "patch_size": 4, "num_patches": 16}
    config = tf.Siglip2Config(text_config=TEXT, vision_config=vision)
    pictures = tf.Siglip2ImageProcessorPil(patch_size=4, max_num_patches=16)
    return save(folder, "Siglip2Model", config, pictures, tokenizer(start=False))


def clap(folder: Path) -> Path:
    sound = {
        "window_size": 4,
        "num_mel_bins": 16,
        "spec_size": 64,
        "patch_size": 4,
        "patch_stride": [4, 4],
        "hidden_size": 32,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "patch_embeds_hidden_size": 16,
        "enable_fusion": True,
        "num_hidden_layers": 2,
        "projection_dim": 12,
    }
    text = {**TEXT, "projection_dim": 12, "pad_token_id": 0}
    config = tf.ClapConfig(text_config=text, audio_config=sound, projection_dim=12)
    sounds = tf.ClapFeatureExtractor(feature_size=16, max_length_s=2, truncation="fusion")
    return save(folder, "ClapModel", config, sounds, tokenizer())


def dinov2(folder: Path) -> Path:
    config = tf.Dinov2WithRegistersConfig(**PICTURE, num_register_tokens=3)
    side = {"shortest_edge": 16}
    pictures = tf.BitImageProcessorPil(size=side, crop_size=SQUARE)
    return save(folder, "Dinov2WithRegistersModel", config, pictures)


def vit(folder: Path) -> Path:
    """A classifier, as most ViTs are: it has no pooler."""
    pictures = tf.ViTImageProcessorPil(size=SQUARE)
    return save(folder, "ViTForImageClassification", tf.ViTConfig(**PICTURE), pictures)


def convnext(folder: Path) -> Path:
    config = tf.ConvNextConfig(hidden_sizes=[4, 8, 8, 16], depths=[1, 1, 1, 1])
    pictures = tf.ViTImageProcessorPil(size={"height": 32, "width": 32})
    return save(folder, "ConvNextModel", config, pictures)


def bert(folder: Path) -> Path:
    return save(folder, "BertModel", tf.BertConfig(**TEXT), tokenizer())


def roberta(folder: Path) -> Path:
    return save(folder, "XLMRobertaModel", tf.XLMRobertaConfig(**TEXT), tokenizer())


def qwen3(folder: Path) -> Path:
    config = tf.Qwen3Config(**{**TEXT, "num_key_value_heads": 1, "head_dim": 8})
    return save(folder, "Qwen3ForCausalLM", config, tokenizer(start=False))


def t5(folder: Path) -> Path:
    config = tf.T5Config(
        vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, pad_token_id=0,
        decoder_start_token_id=0,
    )  # fmt: skip
    return save(folder, "T5EncoderModel", config, tokenizer(start=False))


WAVE = {**BLOCK, "conv_dim": [8] * 7, "num_conv_pos_embeddings": 16, "vocab_size": 32}


def wav2vec2(folder: Path) -> Path:
    return save(folder, "Wav2Vec2Model", tf.Wav2Vec2Config(**WAVE), tf.Wav2Vec2FeatureExtractor())


def hubert(folder: Path) -> Path:
    return save(folder, "HubertModel", tf.HubertConfig(**WAVE), tf.Wav2Vec2FeatureExtractor())


def whisper(folder: Path) -> Path:
    config = tf.WhisperConfig(
        d_model=16, encoder_layers=2, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_mel_bins=16,
        max_source_positions=100, vocab_size=64, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        decoder_start_token_id=1,
    )  # fmt: skip
    sounds = tf.WhisperFeatureExtractor(feature_size=16, chunk_length=2)
    return save(folder, "WhisperForConditionalGeneration", config, sounds)


def qwen2_vl(folder: Path) -> Path:
    more = ("<image>", "<video>", "<vs>", "<ve>")
    words = tokenizer(start=False, end=False, more=more)
    words.chat_template = CHAT
    text = {
        **TEXT,
        "max_position_embeddings": 512,
        "num_key_value_heads": 1,
        "rope_parameters": {
            "rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10_000.0,
        },
    }  # fmt: skip
    config = tf.Qwen2VLConfig(
        text_config=text,
        vision_config={
            "depth": 1, "embed_dim": 16, "num_heads": 2, "hidden_size": 16, "mlp_ratio": 2,
            "patch_size": 4, "spatial_merge_size": 2, "temporal_patch_size": 2,
        },
        image_token_id=4, video_token_id=5, vision_start_token_id=6, vision_end_token_id=7,
    )  # fmt: skip
    pictures = tf.Qwen2VLImageProcessorPil(
        patch_size=4, merge_size=2, temporal_patch_size=2,
        size={"shortest_edge": 64, "longest_edge": 1024},
    )  # fmt: skip
    return save(folder, "Qwen2VLForConditionalGeneration", config, pictures, words)


def sentence_files(folder: Path, *modules: str, **files: Any) -> None:
    """What sentence-transformers writes beside a model; keywords are files by stem."""
    kinds = ["Transformer", *modules]
    paths = ["", *(f"{place}_{kind}" for place, kind in enumerate(modules, 1))]
    listed = [
        {"idx": place, "path": path, "type": f"sentence_transformers.models.{kind}"}
        for place, (kind, path) in enumerate(zip(kinds, paths, strict=True))
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))


MAKERS: dict[str, Callable[[Path], Path]] = {
    each.__name__: each
    for each in (
        clip, siglip, siglip2, clap, dinov2, vit, convnext, bert, roberta, qwen3, t5, wav2vec2,
        hubert, whisper, qwen2_vl,
    )
}  # fmt: skip

"""Which class reads which modality of which architecture."""

from __future__ import annotations

from dataclasses import fields

from prismrec.encoders import Encoder
from prismrec.encoders.hf import HuggingFace
from prismrec.encoders.hf.multimodal import MultimodalModel
from prismrec.encoders.hf.opened import Opened
from prismrec.encoders.hf.sentence import SentenceModel
from prismrec.encoders.hf.sound import SoundModel
from prismrec.encoders.hf.source import Source, find
from prismrec.encoders.hf.towers import ImageTower, SoundTower, TextTower
from prismrec.encoders.hf.vision import VisionModel
from prismrec.errors import BadData, BadModel

__all__ = ["open_model"]

IMAGE_TEXT = {"align", "altclip", "chinese_clip", "clip", "metaclip_2", "siglip", "siglip2"}
SOUND_TEXT = {"clap"}
MULTIMODAL = {"qwen2_vl", "qwen2_5_vl", "qwen3_vl"}
READS = {"image": "pictures", "text": "texts", "audio": "sounds"}
ALL_TAKE = {"normalise", "dim", "precision"}
TAKES: dict[type, set[str]] = {
    ImageTower: set(),
    MultimodalModel: {"pooling", "instruction", "also"},
    SentenceModel: {"pooling", "instruction", "prompt", "length"},
    SoundModel: {"seconds", "layer"},
    SoundTower: {"seconds"},
    TextTower: {"instruction", "length"},
    VisionModel: {"pooling"},
}


def open_model(address: str, modality: str, options: HuggingFace) -> Encoder:
    """The encoder of one modality of a model.

    Raises:
        BadModel: where there is no such model, or it does not read that modality.
        BadData: for a field that means nothing to it.
    """
    opened = Opened(find(address), options)
    if modality not in _read_by(opened.source):
        raise BadModel(
            f"{address} ({opened.family}) reads no {READS[modality]}; its folder says how to"
            f" prepare {' and '.join(READS[each] for each in _read_by(opened.source)) or 'nothing'}"
        )
    encoder = _encoder(opened, modality)
    _check_options(opened, encoder)
    _ = encoder.dim  # complains now where that makes no sense
    return encoder


def _check_options(opened: Opened, encoder: Encoder) -> None:
    taken = ALL_TAKE | TAKES[type(encoder)]
    for field in fields(HuggingFace):
        if field.name not in taken and getattr(opened.options, field.name) != field.default:
            raise BadData(
                f"{field.name} means nothing to the {encoder.modality} side of"
                f" {opened.source.name} ({opened.family}); it takes {', '.join(sorted(taken))}"
            )


def _encoder(opened: Opened, modality: str) -> Encoder:
    if opened.family in MULTIMODAL:
        return MultimodalModel(opened, modality)
    if modality == "image":
        return ImageTower(opened) if opened.family in IMAGE_TEXT else VisionModel(opened)
    if modality == "audio":
        return SoundTower(opened) if opened.family in SOUND_TEXT else SoundModel(opened)
    towers = IMAGE_TEXT | SOUND_TEXT
    return TextTower(opened) if opened.family in towers else SentenceModel(opened)


def _read_by(source: Source) -> list[str]:
    """What the files beside the weights can prepare."""
    alone, together = source.json("preprocessor_config.json"), source.json("processor_config.json")
    found = {
        "image": "image_processor_type" in alone  # older files have the means only
        or "image_mean" in alone
        or "image_processor" in together,
        "text": any(
            (source.folder / name).is_file()
            for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json")
        ),
        "audio": "sampling_rate" in alone or "feature_extractor" in together,
    }
    return [modality for modality, there in found.items() if there]

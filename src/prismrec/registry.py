"""Names of everything that can be chosen: tables of strings, so that listing imports nothing.

Adding a model, encoder, split or metric is one file and one row here. Another package joins
through the entry-point groups `prismrec.models`, `prismrec.encoders` and so on.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import importlib
import re
import types
import typing
from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Any

from prismrec.errors import BadData, MissingPackage, UnknownName

__all__ = ["KINDS", "build", "build_steps", "fill", "load", "names"]

KINDS: dict[str, dict[str, str]] = {
    "models": {
        "bm3": "prismrec.models.bm3:Bm3",
        "bpr": "prismrec.models.bpr:Bpr",
        "content-knn": "prismrec.models.content_knn:ContentKnn",
        "content-tower": "prismrec.models.content_tower:ContentTower",
        "dragon": "prismrec.models.dragon:Dragon",
        "ease": "prismrec.models.ease:Ease",
        "freedom": "prismrec.models.freedom:Freedom",
        "grcn": "prismrec.models.grcn:Grcn",
        "item-knn": "prismrec.models.item_knn:ItemKnn",
        "joint-net": "prismrec.models.joint_net:JointNet",
        "lattice": "prismrec.models.lattice:Lattice",
        "lightgcn": "prismrec.models.lightgcn:LightGcn",
        "mgcn": "prismrec.models.mgcn:Mgcn",
        "mm-rnn": "prismrec.models.mm_rnn:MmRnn",
        "mmgcn": "prismrec.models.mmgcn:Mmgcn",
        "popularity": "prismrec.models.popularity:Popularity",
        "prism": "prismrec.models.prism:Prism",
        "random": "prismrec.models.random:Random",
        "sasrec": "prismrec.models.sasrec:SasRec",
        "smore": "prismrec.models.smore:Smore",
        "vbpr": "prismrec.models.vbpr:Vbpr",
    },
    "rankers": {
        "content": "prismrec.models.content_knn:ContentRanker",
        "content-towers": "prismrec.rankers.content_towers:ContentTowers",
        "int8-towers": "prismrec.rankers.int8_towers:Int8Towers",
        "item-weights": "prismrec.rankers:ItemWeights",
        "mixture": "prismrec.rankers:Mixture",
        "sequence": "prismrec.rankers.sequence:SequenceRanker",
        "towers": "prismrec.rankers:Towers",
    },
    "encoders": {
        "aisfx": "prismrec.encoders.aisfx:Aisfx",
        "bm25": "prismrec.encoders.bm25:HashedBm25",
        "colour-histogram": "prismrec.encoders.colour:ColourHistogram",
        "colour-names": "prismrec.encoders.colour_names:ColourNames",
        "conse-audio": "prismrec.encoders.conse:ConseAudio",
        "conse-image": "prismrec.encoders.conse:ConseImage",
        "efficientnet-lite0": "prismrec.encoders.efficientnet:EfficientNetLite0",
        "log-mel": "prismrec.encoders.log_mel:LogMel",
        "mfcc": "prismrec.encoders.mfcc:Mfcc",
        "minilm": "prismrec.encoders.minilm:MiniLm",
        "musicnn": "prismrec.encoders.musicnn:MusiCnn",
        "pixels": "prismrec.encoders.pixels:Pixels",
        "sound-features": "prismrec.encoders.sound_features:SoundFeatures",
        "tfidf": "prismrec.encoders.tfidf:HashedTfidf",
        "token-ids": "prismrec.encoders.token_ids:TokenIds",
        "use-multilingual": "prismrec.encoders.use:UseMultilingual",
    },
    "encoder-schemes": {  # what stands before ":" for encoders that lie elsewhere
        "hf": "prismrec.encoders.hf:HuggingFace",
        "onnx": "prismrec.encoders.onnx_file:OnnxFile",
        "openai": "prismrec.encoders.endpoint:Endpoint",
        "python": "prismrec.encoders.callable:PythonCallable",
    },
    "image-steps": {
        "auto-contrast": "prismrec.media.image.enhance:AutoContrast",
        "bilateral": "prismrec.media.image.denoise:Bilateral",
        "brightness": "prismrec.media.image.colour:Brightness",
        "clahe": "prismrec.media.image.enhance:Clahe",
        "contrast": "prismrec.media.image.colour:Contrast",
        "crop-centre": "prismrec.media.image.geometry:CropCentre",
        "crop-content": "prismrec.media.image.geometry:CropContent",
        "gamma": "prismrec.media.image.colour:Gamma",
        "grey-world": "prismrec.media.image.colour:GreyWorld",
        "greyscale": "prismrec.media.image.colour:Greyscale",
        "letterbox": "prismrec.media.image.geometry:Letterbox",
        "median": "prismrec.media.image.denoise:Median",
        "non-local-means": "prismrec.media.image.denoise:NonLocalMeans",
        "resize": "prismrec.media.image.geometry:Resize",
        "saturation": "prismrec.media.image.colour:Saturation",
        "sharpen": "prismrec.media.image.enhance:Sharpen",
        "stretch": "prismrec.media.image.geometry:Stretch",
        "trim-borders": "prismrec.media.image.geometry:TrimBorders",
    },
    "image-augmentations": {
        "colour-jitter": "prismrec.media.image.augment:ColourJitter",
        "erase": "prismrec.media.image.augment:Erase",
        "flip": "prismrec.media.image.augment:Flip",
        "noise": "prismrec.media.image.augment:Noise",
        "random-resized-crop": "prismrec.media.image.augment:RandomResizedCrop",
        "rotate": "prismrec.media.image.augment:Rotate",
    },
    "text-steps": {
        "emoji": "prismrec.media.text.links:Emoji",
        "html": "prismrec.media.text.html:Html",
        "invisible": "prismrec.media.text.characters:Invisible",
        "links": "prismrec.media.text.links:Links",
        "lower": "prismrec.media.text.characters:Lower",
        "mojibake": "prismrec.media.text.characters:Mojibake",
        "repeats": "prismrec.media.text.characters:Repeats",
        "simplified": "prismrec.media.text.characters:Simplified",
        "unicode": "prismrec.media.text.characters:Unicode",
    },
    "token-steps": {
        "keep-tags": "prismrec.media.text.tokens:KeepTags",
        "lemma": "prismrec.media.text.tokens:Lemma",
        "min-length": "prismrec.media.text.tokens:MinLength",
        "n-grams": "prismrec.media.text.tokens:NGrams",
        "pairs": "prismrec.media.text.tokens:Pairs",
        "part-of-speech": "prismrec.media.text.tokens:PartOfSpeech",
        "stem": "prismrec.media.text.tokens:Stem",
        "stop-words": "prismrec.media.text.tokens:StopWords",
    },
    "audio-steps": {
        "denoise": "prismrec.media.audio.denoise:Denoise",
        "high-pass": "prismrec.media.audio.denoise:HighPass",
        "loudness": "prismrec.media.audio.enhance:Loudness",
        "peak": "prismrec.media.audio.enhance:Peak",
        "pre-emphasis": "prismrec.media.audio.enhance:PreEmphasis",
        "remove-silence": "prismrec.media.audio.trim:RemoveSilence",
        "trim": "prismrec.media.audio.trim:Trim",
    },
    "stores": {
        "lance": "prismrec.store.lance:LanceStore",
        "memory": "prismrec.store.memory:MemoryStore",
        "sqlite": "prismrec.store.sqlite:SqliteStore",
    },
    "alignments": {
        "cca": "prismrec.align.cca:Cca",
        "infonce": "prismrec.align.infonce:InfoNce",
        "procrustes": "prismrec.align.procrustes:Procrustes",
        "ridge-map": "prismrec.align.ridge_map:RidgeMap",
        "triplet": "prismrec.align.triplet:Triplet",
    },
    "representations": {
        "representation-net": "prismrec.align.representation_net:RepresentationNet",
    },
    "fusions": {
        "attention": "prismrec.fusion.attention:Attention",
        "concatenation": "prismrec.fusion.concatenation:Concatenation",
        "gated": "prismrec.fusion.gated:Gated",
        "graph": "prismrec.fusion.graph:Graph",
        "low-rank": "prismrec.fusion.low_rank:LowRank",
        "mean": "prismrec.fusion.mean:Mean",
        "mm-cnn": "prismrec.fusion.mm_cnn:MmCnn",
        "mm-rnn": "prismrec.fusion.mm_rnn:MmRnn",
        "spectral": "prismrec.fusion.spectral:Spectral",
        "sum": "prismrec.fusion.mean:Sum",
        "tensor": "prismrec.fusion.tensor:TensorFusion",
        "transformer": "prismrec.fusion.transformer:Transformer",
        "weighted": "prismrec.fusion.weighted:Weighted",
    },
    "reductions": {
        "pca": "prismrec.reduction.pca:Pca",
        "random-projection": "prismrec.reduction.random_projection:RandomProjection",
        "scaling": "prismrec.reduction.scaling:Scaling",
        "truncation": "prismrec.reduction.truncation:Truncation",
        "whitening": "prismrec.reduction.pca:Whitening",
    },
    "imputations": {
        "aligned": "prismrec.imputation.aligned:Aligned",
        "mean": "prismrec.imputation.mean:Mean",
        "neighbours": "prismrec.imputation.neighbours:Neighbours",
        "none": "prismrec.imputation.none:Nothing",
        "ridge": "prismrec.imputation.ridge:Ridge",
    },
    "splits": {
        "given": "prismrec.data.split:given",
        "leave-one-out": "prismrec.data.split:leave_one_out",
        "new-items": "prismrec.data.split:new_items",
        "random": "prismrec.data.split:random",
        "time": "prismrec.data.split:time",
        "user-time": "prismrec.data.split:user_time",
    },
    "metrics": {
        "accuracy": "prismrec.evaluation.metrics:accuracy",
        "f1": "prismrec.evaluation.metrics:f1",
        "hit": "prismrec.evaluation.metrics:hit",
        "map": "prismrec.evaluation.metrics:average_precision",
        "mrr": "prismrec.evaluation.metrics:reciprocal_rank",
        "ndcg": "prismrec.evaluation.metrics:ndcg",
        "precision": "prismrec.evaluation.metrics:precision",
        "recall": "prismrec.evaluation.metrics:recall",
    },
    "list-metrics": {
        "calibration": "prismrec.evaluation.list_metrics:calibration",
        "diversity": "prismrec.evaluation.list_metrics:diversity",
        "gini": "prismrec.evaluation.list_metrics:gini",
        "novelty": "prismrec.evaluation.list_metrics:novelty",
        "serendipity": "prismrec.evaluation.list_metrics:serendipity",
    },
}


DEEP = ("torch", "lightning_fabric")  # what the extra `deep` installs


def _table(kind: str) -> dict[str, str]:
    return _joined(kind) | KINDS[kind]


@functools.cache  # reads the metadata of every installed package: milliseconds
def _joined(kind: str) -> dict[str, str]:
    """What other packages brought."""
    return {point.name: point.value for point in entry_points(group=f"prismrec.{kind}")}


def names(kind: str) -> list[str]:
    """Sorted names of one kind, a key of `KINDS`."""
    return sorted(_table(kind))


def load(kind: str, name: str) -> Any:
    """Import what a name stands for.

    Raises:
        UnknownName: with the nearest names that exist.
        MissingPackage: where it is trained with torch and that is not installed.
    """
    table = _table(kind)
    if name not in table:
        near = difflib.get_close_matches(name, table, n=3) or sorted(table)
        raise UnknownName(f"no {kind[:-1]} is called {name!r}; did you mean {', '.join(near)}?")
    module, _, attribute = table[name].partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name not in DEEP:
            raise
        raise MissingPackage(
            f'{kind[:-1]} {name!r} needs {error.name}; run: pip install "prismrec[deep]"'
        ) from None


def build(kind: str, spec: str) -> Any:
    """Make the dataclass that `name` or `name:field=value:field=value` describes.

    A field of steps takes their names, with commas: `name:steps=trim,loudness(target=-20)`.

    Raises:
        UnknownName: for a name or field that does not exist.
        BadData: for a value that does not fit the field's type.
    """
    name, *options = spec.split(":")
    return _make(kind, name, options)


def build_steps(kind: str, text: str) -> tuple[Any, ...]:
    """Make the steps of `name,name(field=value,field=value)`; none of an empty text.

    Raises:
        UnknownName: for a name or field that does not exist.
        BadData: for a value that does not fit, or a bracket that is not closed.
    """
    steps = []
    for part in re.split(r",(?![^(]*\))", text) if text else []:
        found = re.fullmatch(r"([\w-]+)(?:\(([^()]*)\))?", part.strip())
        if found is None:
            raise BadData(f"{part!r} is no step; write name or name(field=value,field=value)")
        name, options = found.groups()
        steps.append(_make(kind, name, options.split(",") if options else []))
    return tuple(steps)


def fill(target: Any, place: str, options: Iterable[str]) -> Any:
    """Make the dataclass `target` from texts `field=value`; `place` names it in complaints.

    Raises:
        UnknownName: for a field that does not exist.
        BadData: for a value that does not fit the field's type.
    """
    types_of = typing.get_type_hints(target, include_extras=True)
    fields = {field.name for field in dataclasses.fields(target)}
    values = {}
    for option in options:
        key, _, text = option.partition("=")
        key = key.strip().replace("-", "_")
        if key not in fields:
            raise UnknownName(f"{place} has no field {key!r}; it has {', '.join(sorted(fields))}")
        values[key] = _parse(text, types_of[key], f"{place}:{key}")
    return target(**values)


def _make(kind: str, name: str, options: list[str]) -> Any:
    return fill(load(kind, name), name, options)


def _parse(text: str, hint: Any, place: str) -> Any:
    if typing.get_origin(hint) is typing.Annotated:  # a tuple of steps, with their kind
        return build_steps(typing.get_args(hint)[1], text)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        if text.lower() == "none" and type(None) in typing.get_args(hint):
            return None
        hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_parse(part, inner, place) for part in text.split("+") if part)
    if hint is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return {int: int, float: float, str: str}[hint](text)
    except (KeyError, ValueError):
        wanted = getattr(hint, "__name__", hint)
        raise BadData(f"{place}: {text!r} is not of type {wanted}") from None

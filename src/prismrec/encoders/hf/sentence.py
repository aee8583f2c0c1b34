"""Texts through a language model and a pooling: sentence embedders, BERT and its like, LLMs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from prismrec.encoders.hf.loading import Weights, device, load
from prismrec.encoders.hf.opened import Opened, width_of
from prismrec.encoders.hf.pooling import pool
from prismrec.encoders.hf.recipe import Recipe, recipe_of
from prismrec.encoders.hf.source import Source
from prismrec.encoders.hf.tokens import batches, token_numbers
from prismrec.errors import BadModel
from prismrec.media import decode_each
from prismrec.media.text import decode_text
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["SentenceModel"]


@dataclass(frozen=True)
class SentenceModel:
    """Texts to pooled hidden states, as the files of the model say, else as its kind suggests.

    Without files of sentence-transformers a causal model is read at its last token and any other
    one averaged, at unit length.
    """

    opened: Opened

    modality = "text"

    @cached_property
    def dim(self) -> int:
        """Width of the model or of its last linear layer, or what `dim` keeps of it."""
        if self._recipe.dense:
            settings = self.opened.source.json(f"{self._recipe.dense[-1]}/config.json")
            return self.opened.dim(int(settings["out_features"]))
        config = self.opened.config.get_text_config()
        return self.opened.dim(width_of(config, "hidden_size", "d_model", "dim"))

    @property
    def fingerprint(self) -> str:
        """Stands for files, fields and dtype."""
        return self.opened.fingerprint(self.modality)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        options = self.opened.options
        prefix = self._recipe.prefix(options.instruction, options.prompt)
        texts = [prefix + text for text in decode_each(media, decode_text)]
        out = np.empty((len(texts), self.dim), np.float32)
        if not texts:
            return out
        torch, weights = require("torch", "hf"), self._weights
        with weights.lock, torch.inference_mode():
            ids = token_numbers(self._tokenizer, texts, self._limit)
            for batch in batches(self._tokenizer, ids):
                out[batch.rows] = self._vectors(batch.ids.to(device()), batch.mask.to(device()))
        return out

    def _vectors(self, ids: Any, mask: Any) -> Floats:
        hidden = self._weights.model(input_ids=ids, attention_mask=mask).last_hidden_state
        vectors = pool(hidden, mask, self._pooling)
        for weight, bias, activation in self._dense:
            vectors = activation(vectors @ weight.T + bias)
        return self.opened.finish(vectors, normalise=self._recipe.normalise)

    @cached_property
    def _recipe(self) -> Recipe:
        return recipe_of(self.opened.source)

    @property
    def _pooling(self) -> str:
        chosen = self.opened.options.pooling or self._recipe.pooling
        if chosen is not None:
            return chosen
        modules = self._weights.model.modules()
        causal = any(getattr(module, "is_causal", False) for module in modules)
        return "last" if causal else "mean"

    @property
    def _limit(self) -> int | None:
        """How many tokens there are positions for, or fewer where that is wanted."""
        positions = getattr(self.opened.config, "max_position_embeddings", None)
        if positions is not None and "roberta" in self.opened.family:
            positions -= 2  # they count from the number of the padding token
        limits = (positions, self._recipe.length, self.opened.options.length)
        return min((limit for limit in limits if limit is not None), default=None)

    @cached_property
    def _weights(self) -> Weights:
        config = self.opened.config
        kinds = config.architectures or ()
        two_sided = config.is_encoder_decoder or any("EncoderModel" in kind for kind in kinds)
        # Of T5 and the like the encoder alone.
        return self.opened.weights("AutoModelForTextEncoding" if two_sided else "AutoModel")

    @cached_property
    def _tokenizer(self) -> Any:
        return load(self.opened.source, "AutoTokenizer")

    @cached_property
    def _dense(self) -> list[tuple[Any, Any, Any]]:
        return [_linear(self.opened.source, path) for path in self._recipe.dense]


def _linear(source: Source, path: str) -> tuple[Any, Any, Any]:
    """Weight, bias and activation of a linear layer."""
    torch = require("torch", "hf")
    file = source.folder / path / "model.safetensors"
    if not file.is_file():
        raise BadModel(f"{source.name} has no {path}/model.safetensors, and no others are read")
    tensors = require("safetensors.torch", "hf").load_file(file)
    name = str(source.json(f"{path}/config.json").get("activation_function", "Identity"))
    kind = name.rpartition(".")[2]
    if kind not in ("Identity", "Tanh", "ReLU", "GELU"):
        raise BadModel(f"{source.name}: the activation {kind} of {path} is not understood")
    weight = tensors["linear.weight"].float().to(device())
    bias = tensors.get("linear.bias", torch.zeros(1)).float().to(device())
    return weight, bias, getattr(torch.nn, kind)()

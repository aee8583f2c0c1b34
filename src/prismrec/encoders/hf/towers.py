"""The towers of CLIP, SigLIP and CLAP: texts and pictures, or texts and sounds, in one space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from prismrec.encoders.hf.loading import Weights, device, load
from prismrec.encoders.hf.opened import Opened, width_of
from prismrec.encoders.hf.pictures import mean_over_frames
from prismrec.encoders.hf.tokens import batches, token_numbers
from prismrec.encoders.windows import decode_windows, runs
from prismrec.media import decode_each
from prismrec.media.text import decode_text
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["ImageTower", "SoundTower", "TextTower"]

AT_ONCE = 32  # windows of sounds
WHOLE_WIDTH = {"siglip", "siglip2"}  # trained on texts padded to one width, without a mask


@dataclass(frozen=True)
class ImageTower:
    """Pictures to the space that they share with texts; at unit length unless said otherwise."""

    opened: Opened

    modality = "image"

    @property
    def space(self) -> str:
        """Name of the space, the same for the text tower of the model."""
        return self.opened.space()

    @cached_property
    def dim(self) -> int:
        """Width of the space, or what `dim` keeps of it."""
        return self.opened.dim(_width(self.opened.config))

    @property
    def fingerprint(self) -> str:
        """Stands for files, fields and dtype."""
        return self.opened.fingerprint(self.modality)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim); of a video the mean over frames."""
        found = mean_over_frames(media, self._features, width=_width(self.opened.config))
        return self.opened.finish(found, normalise=True)

    def _features(self, pictures: list[Image.Image]) -> Any:
        torch, weights = require("torch", "hf"), self._weights
        inputs = self._processor(images=pictures, return_tensors="pt")
        with weights.lock, torch.inference_mode():
            inputs = inputs.to(device(), getattr(torch, self.opened.precision))
            return weights.model.get_image_features(**inputs).pooler_output.float()

    @cached_property
    def _weights(self) -> Weights:
        return self.opened.weights()

    @cached_property
    def _processor(self) -> Any:
        return load(self.opened.source, "AutoImageProcessor", backend="pil")


@dataclass(frozen=True)
class TextTower:
    """Texts to the space that they share with pictures or sounds; see `ImageTower`.

    What a tower has no positions for is cut off: 64 or 77 tokens in most.
    """

    opened: Opened

    modality = "text"

    @property
    def space(self) -> str:
        """Name of the space, the same for the other tower of the model."""
        return self.opened.space()

    @cached_property
    def dim(self) -> int:
        """Width of the space, or what `dim` keeps of it."""
        return self.opened.dim(_width(self.opened.config))

    @property
    def fingerprint(self) -> str:
        """Stands for files, fields and dtype."""
        return self.opened.fingerprint(self.modality)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        prefix = self.opened.options.instruction or ""
        texts = [prefix + text for text in decode_each(media, decode_text)]
        out = np.empty((len(texts), self.dim), np.float32)
        if not texts:
            return out
        torch, weights = require("torch", "hf"), self._weights
        width = self._positions if self.opened.family in WHOLE_WIDTH else None
        with weights.lock, torch.inference_mode():
            ids = token_numbers(self._tokenizer, texts, self._limit)
            for batch in batches(self._tokenizer, ids, width=width):
                inputs = {"input_ids": batch.ids.to(device())}
                if width is None:
                    inputs["attention_mask"] = batch.mask.to(device())
                found = weights.model.get_text_features(**inputs).pooler_output
                out[batch.rows] = self.opened.finish(found, normalise=True)
        return out

    @property
    def _positions(self) -> int:
        config = self.opened.config.text_config
        padding = 2 if "roberta" in config.model_type or self.opened.family == "clap" else 0
        return int(config.max_position_embeddings) - padding

    @property
    def _limit(self) -> int:
        return min(self._positions, self.opened.options.length or self._positions)

    @cached_property
    def _weights(self) -> Weights:
        return self.opened.weights()

    @cached_property
    def _tokenizer(self) -> Any:
        return load(self.opened.source, "AutoTokenizer")


@dataclass(frozen=True)
class SoundTower:
    """Sounds to the space that they share with texts: the mean over windows of ten seconds.

    The windows are cut here, because the feature extractor of CLAP would take a random part of a
    longer sound.
    """

    opened: Opened

    modality = "audio"

    @property
    def space(self) -> str:
        """Name of the space, the same for the text tower of the model."""
        return self.opened.space()

    @cached_property
    def dim(self) -> int:
        """Width of the space, or what `dim` keeps of it."""
        return self.opened.dim(_width(self.opened.config))

    @property
    def fingerprint(self) -> str:
        """Stands for files, fields and dtype."""
        return self.opened.fingerprint(self.modality)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        rate = self._extractor.sampling_rate
        seconds = min(self.opened.options.seconds, self._extractor.max_length_s)
        sounds = decode_each(media, decode_windows(rate, seconds))
        out = np.empty((len(sounds), self.dim), np.float32)
        torch = require("torch", "hf")
        for row, windows in enumerate(sounds):
            found = torch.cat([*self._features(windows, rate)])
            out[row] = self.opened.finish(found.mean(0, keepdim=True), normalise=True)[0]
        return out

    def _features(self, windows: Floats, rate: int) -> Iterator[Any]:
        torch, weights = require("torch", "hf"), self._weights
        for part in runs(windows, AT_ONCE):
            inputs = self._extractor([*part], sampling_rate=rate, return_tensors="pt")
            features = inputs["input_features"].to(device(), getattr(torch, self.opened.precision))
            # The extractor marks one at random as longer than it is.
            whole = torch.zeros(len(part), 1, dtype=torch.bool, device=device())
            with weights.lock, torch.inference_mode():
                found = weights.model.get_audio_features(input_features=features, is_longer=whole)
                yield found.pooler_output.float()

    @cached_property
    def _weights(self) -> Weights:
        return self.opened.weights()

    @cached_property
    def _extractor(self) -> Any:
        return load(self.opened.source, "AutoFeatureExtractor")


def _width(settings: Any) -> int:
    if settings.model_type in WHOLE_WIDTH:
        return width_of(settings.vision_config, "hidden_size")
    return width_of(settings, "projection_dim")

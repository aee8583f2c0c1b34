"""Sounds through a speech or sound model: wav2vec 2.0, HuBERT, WavLM, Whisper's encoder, AST."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from prismrec.encoders.hf.loading import Weights, device, load
from prismrec.encoders.hf.opened import Opened, width_of
from prismrec.encoders.windows import decode_windows, runs
from prismrec.errors import BadData
from prismrec.media import decode_each
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["SoundModel"]

AT_ONCE = 16  # windows


@dataclass(frozen=True)
class SoundModel:
    """Sounds to the mean of all frames of one layer, over all windows.

    A sound is cut into windows of one length, so that no silence is padded; Whisper pads its
    input to 30 seconds by design, and the frames of that silence are left out of the mean.
    """

    opened: Opened

    modality = "audio"

    @cached_property
    def dim(self) -> int:
        """Width of the model, or what `dim` keeps of it."""
        return self.opened.dim(width_of(self.opened.config, "hidden_size", "d_model"))

    @property
    def fingerprint(self) -> str:
        """Stands for files, fields and dtype."""
        return self.opened.fingerprint(self.modality)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        rate = self._extractor.sampling_rate
        longest = getattr(self._extractor, "chunk_length", None) or math.inf  # Whisper's 30 s
        seconds = min(self.opened.options.seconds, longest)
        sounds = decode_each(media, decode_windows(rate, seconds))
        out = np.empty((len(sounds), self.dim), np.float32)
        torch = require("torch", "hf")
        for row, windows in enumerate(sounds):
            means = torch.cat([*self._means(windows, rate)])
            out[row] = self.opened.finish(means.mean(0, keepdim=True), normalise=False)[0]
        return out

    def _means(self, windows: Floats, rate: int) -> Iterator[Any]:
        """(w, d) means over frames, some windows at a time."""
        torch, weights = require("torch", "hf"), self._weights
        for part in runs(windows, AT_ONCE):
            inputs = self._extractor([*part], sampling_rate=rate, return_tensors="pt")
            name = self._extractor.model_input_names[0]
            values = inputs[name].to(device(), getattr(torch, self.opened.precision))
            with weights.lock, torch.inference_mode():
                found = self._network(**{name: values}, output_hidden_states=True)
                frames = self._layer(found).float()  # (w, t, d)
                yield frames[:, : self._heard(part.shape[1], frames.shape[1])].mean(1)

    def _layer(self, found: Any) -> Any:
        layer, states = self.opened.options.layer, found.hidden_states
        if layer == -1:
            return found.last_hidden_state
        if not -len(states) <= layer < len(states):
            raise BadData(f"layer {layer} is not between {-len(states)} and {len(states) - 1}")
        return states[layer]

    def _heard(self, samples: int, frames: int) -> int:
        """How many frames the samples fill."""
        if self.opened.family != "whisper":
            return frames
        return min(frames, math.ceil(samples / (2 * int(self._extractor.hop_length))))

    @property
    def _network(self) -> Any:
        model = self._weights.model
        return model.get_encoder() if self.opened.config.is_encoder_decoder else model

    @cached_property
    def _weights(self) -> Weights:
        return self.opened.weights()

    @cached_property
    def _extractor(self) -> Any:
        return load(self.opened.source, "AutoFeatureExtractor")

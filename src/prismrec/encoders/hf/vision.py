"""Pictures through a vision model without a text side: ViT, DINOv2, ConvNeXt and their like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from PIL import Image

from prismrec.encoders.hf.loading import Weights, device, load
from prismrec.encoders.hf.opened import Opened, width_of
from prismrec.encoders.hf.pictures import mean_over_frames
from prismrec.errors import BadData, BadModel
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["VisionModel"]

POOLED = {"clip_vision_model", "siglip_vision_model", "siglip2_vision_model"}  # trained with pooler


@dataclass(frozen=True)
class VisionModel:
    """Pictures to the class token (`cls`), the mean of the patches (`mean`) or the `pooler`.

    By default the class token where there is one, else the mean. A pooler whose weights are not
    in the files is refused.
    """

    opened: Opened

    modality = "image"

    @cached_property
    def dim(self) -> int:
        """Width of the model, or what `dim` keeps of it."""
        return self.opened.dim(self._width)

    @property
    def fingerprint(self) -> str:
        """Stands for files, fields and dtype."""
        return self.opened.fingerprint(self.modality)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim); of a video the mean over frames."""
        found = mean_over_frames(media, self._features, width=self._width)
        return self.opened.finish(found, normalise=False)

    def _features(self, pictures: list[Image.Image]) -> Any:
        torch, weights = require("torch", "hf"), self._weights
        pixels = self._processor(images=pictures, return_tensors="pt")["pixel_values"]
        dtype = getattr(torch, self.opened.precision)
        with weights.lock, torch.inference_mode():
            found = weights.model(pixel_values=pixels.to(device(), dtype))
            return self._pooled(found, pixels.shape[-2:]).float()

    def _pooled(self, found: Any, size: Sequence[int]) -> Any:
        """Shapes: n pictures, t tokens, d dimensions, (h, w) cells; `size` in pixels."""
        hidden = found.last_hidden_state.float()
        if hidden.ndim == 4:  # (n, d, h, w) of a convolutional network
            hidden = hidden.flatten(2).transpose(1, 2)
        extra = self._extra(hidden.shape[1], size)
        default = "cls" if extra else "mean"
        how = self.opened.options.pooling or ("pooler" if self.opened.family in POOLED else default)
        if how == "cls" and extra:
            return hidden[:, 0]
        if how == "mean":
            return hidden[:, extra:].mean(1)
        if how == "pooler" and getattr(found, "pooler_output", None) is not None:
            if not self._weights.has_pooler:
                raise BadModel(
                    f"{self.opened.source.name} has no weights of a pooler; write pooling={default}"
                )
            return found.pooler_output.flatten(1)
        raise BadData(f"{self.opened.family} has no pooling {how!r}; write pooling={default}")

    def _extra(self, tokens: int, size: Sequence[int]) -> int:
        """How many tokens stand before those of the patches: the class and registers."""
        patch = getattr(self.opened.config, "patch_size", None)
        if not isinstance(patch, int):
            return 0
        return max(0, tokens - (size[0] // patch) * (size[1] // patch))

    @property
    def _width(self) -> int:
        return width_of(self.opened.config, "hidden_size", "hidden_sizes")

    @cached_property
    def _weights(self) -> Weights:
        return self.opened.weights()

    @cached_property
    def _processor(self) -> Any:
        return load(self.opened.source, "AutoImageProcessor", backend="pil")

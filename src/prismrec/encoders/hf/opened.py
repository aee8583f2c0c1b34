"""What all encoders of this package share: a model's files, its options and its vectors' end."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from prismrec.encoders.hf import HuggingFace
from prismrec.encoders.hf.loading import Weights, load, precision_of, weights_of
from prismrec.encoders.hf.source import Source
from prismrec.encoders.weights import fingerprint_of
from prismrec.errors import BadData, BadModel
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["Opened", "width_of"]

VERSION = 1  # of everything in this package that shapes the vectors
NOT_SHAPING = ("precision",)  # the dtype that it comes to stands for it


@dataclass(frozen=True)
class Opened:
    """A model whose files are at hand; weights are read by the first call that needs them."""

    source: Source
    options: HuggingFace

    @cached_property
    def config(self) -> Any:
        """Its configuration."""
        return load(self.source, "AutoConfig")

    @property
    def family(self) -> str:
        """The architecture, as transformers calls it."""
        return str(self.config.model_type)

    @cached_property
    def precision(self) -> str:
        """Name of the dtype that the weights have here."""
        return precision_of(self.options.precision, self.config)

    def weights(self, auto: str = "AutoModel") -> Weights:
        """The model, shared with the encoders of other modalities."""
        return weights_of(self.source, auto, self.precision)

    def fingerprint(self, modality: str) -> str:
        """Stands for files, modality, dtype and each option that is not left at its default."""
        options = [
            (field.name, getattr(self.options, field.name))
            for field in fields(self.options)
            if field.name not in NOT_SHAPING and getattr(self.options, field.name) != field.default
        ]
        name = f"hf-{self.source.slug}"
        return fingerprint_of(name, self.source.version, modality, self.precision, options, VERSION)

    def space(self) -> str:
        """Name of the space that the model's vectors of all modalities share."""
        return f"hf-{self.source.slug}-{self.source.version[:16]}-{self.options.dim or 'all'}"

    def dim(self, width: int) -> int:
        """How many of `width` values are kept.

        Raises:
            BadData: where there are not so many.
        """
        kept = self.options.dim
        if kept is not None and not 0 < kept <= width:
            raise BadData(f"{self.source.name}: dim {kept} is not between 1 and {width}")
        return kept or width

    def finish(self, vectors: Any, *, normalise: bool) -> Floats:
        """(n, d) of torch to (n, dim): cut, at unit length where that is wanted."""
        torch = require("torch", "hf")
        vectors = vectors.float()[:, : self.options.dim]
        wanted = normalise if self.options.normalise is None else self.options.normalise
        if wanted or self.options.dim is not None:
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        return np.asarray(vectors.cpu().numpy(), np.float32)


def width_of(settings: Any, *names: str) -> int:
    """The first of these fields that a configuration has; a list stands for its last number.

    Raises:
        BadModel: where it has none of them.
    """
    for name in names:
        value = getattr(settings, name, None)
        if isinstance(value, list | tuple) and value:
            value = value[-1]
        if isinstance(value, int):
            return value
    raise BadModel(f"{settings.model_type} says nowhere how long its vectors are; choose another")

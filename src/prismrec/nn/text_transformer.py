"""Text transformer: a small network of attention that learns to read from scratch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from prismrec.nn.text_rnn import mean_over_words

__all__ = ["TextTransformer"]

HEADS, LAYERS = 4, 2


class TextTransformer(nn.Module):
    """Word numbers to vectors: two layers in which each word looks at all others, then the mean.

    Source: A. Vaswani and others 2017, arXiv 1706.03762. Departures: places are learnt, and each
    layer normalises first (R. Xiong and others 2020, arXiv 2002.04745), so that no warm-up is
    needed; no dropout.

    Relations: `TextRnn` reads from left to right.
    """

    def __init__(self, vocabulary: int, dim: int, *, length: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary + 1, dim, padding_idx=0)
        self.places = nn.Parameter(0.1 * torch.randn(length, dim))
        heads = next(n for n in range(min(HEADS, dim), 0, -1) if dim % n == 0)
        layer = nn.TransformerEncoderLayer(
            dim, heads, 2 * dim, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)

    def forward(self, ids: Tensor) -> Tensor:
        """(n, length) numbers, 0 after the last word, to (n, dim); 0 for a text without words."""
        padding = ids == 0
        padding[:, 0] = False  # a softmax over nothing is NaN, and so are its gradients
        states = self.layers(self.words(ids) + self.places, src_key_padding_mask=padding)
        return mean_over_words(states, ids)

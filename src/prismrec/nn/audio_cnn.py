"""Audio CNN: a small convolutional network over the mel spectrogram of a sound."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from prismrec.nn.image_cnn import block

__all__ = ["AudioCnn"]

WIDTHS = (24, 48, 96)  # channels after each block
STEP = 4  # frames and bands that the first block takes as one


class AudioCnn(nn.Module):
    """Spectrograms to vectors: three blocks over time and pitch, a summary of time, a map.

    Of each channel and pitch the mean over time and the largest value are taken side by side: how
    much of the sound is like that, and whether any of it is. Pitch, unlike the height in a picture,
    is kept until the end: the same shape an octave higher is another sound.

    Relations: `ImageCnn` is the same for pictures, where no place counts more than another.
    """

    def __init__(self, dim: int, *, bands: int = 64) -> None:
        super().__init__()
        first, second, last = WIDTHS
        self.blocks = nn.Sequential(
            block(1, first, size=5, stride=STEP), block(first, second), block(second, last)
        )
        left = -(-bands // (STEP * 4))
        self.project = nn.Linear(2 * last * left, dim)

    def forward(self, levels: Tensor) -> Tensor:
        """(n, t, bands) of any length t to (n, dim)."""
        heard: Tensor = self.blocks(levels.unsqueeze(1))  # (n, c, t', bands')
        whole = torch.cat([heard.mean(dim=2), heard.amax(dim=2)], dim=1)
        out: Tensor = self.project(whole.flatten(1))
        return out

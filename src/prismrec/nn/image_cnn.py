"""Image CNN: a small convolutional network that learns to see from scratch."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["ImageCnn", "block"]

WIDTHS = (24, 48, 96)  # channels after each block
STEP = 4  # pixels of a side that the first block takes as one
GROUP = 8  # channels that are normalised together


class ImageCnn(nn.Module):
    """Pictures to vectors: three blocks, each with fewer places, the mean over these, a map.

    Groups of channels are normalised picture by picture (Wu and He 2018, arXiv 1803.08494), never
    over a batch: a picture has the same vector whatever it was trained or served with.

    Relations: `AudioCnn` is the same over time and pitch.
    """

    def __init__(self, dim: int, *, channels: int = 3) -> None:
        super().__init__()
        first, second, last = WIDTHS
        self.blocks = nn.Sequential(
            block(channels, first, size=5, stride=STEP), block(first, second), block(second, last)
        )
        self.project = nn.Linear(last, dim)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, channels, h, w) of any size to (n, dim)."""
        seen: Tensor = self.blocks(pictures)
        out: Tensor = self.project(seen.mean(dim=(2, 3)))
        return out


def block(before: int, after: int, *, size: int = 3, stride: int = 2) -> nn.Module:
    """Convolution over size x size at every `stride`th place, group normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False),
        nn.GroupNorm(after // GROUP, after),
        nn.ReLU(inplace=True),
    )

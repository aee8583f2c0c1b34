"""MM-CNN: modality vectors stacked like the rows of a picture, and convolutions over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from prismrec.errors import BadData
from prismrec.fusion import any_present, masked

__all__ = ["MmCnn"]


@dataclass(frozen=True)
class MmCnn:
    """Two convolutions along the dimensions; each filter sees all modalities at once.

    Strength: few parameters, whatever the dimension. Weakness: neighbouring dimensions have to mean
    something, which they do after a co-embedding or a map learnt together with the filters.

    Source: Ma and others, "Multimodal convolutional neural networks for matching image and
    sentence", 2015 (arXiv 1504.06063), for convolutions across modalities.

    Relations: with a width of 1 it is a map applied to each dimension by itself; `mm-rnn` reads
    modalities one after another.
    """

    filters: int = 16  # of the first convolution
    width: int = 3  # dimensions that a filter sees; odd

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Learns m x filters x width and filters x width weights.

        Raises:
            BadData: where the width is even.
        """
        if self.width % 2 == 0:
            raise BadData(f"mm-cnn: the width is odd, not {self.width}")
        return _MmCnn(n_modalities, self.filters, self.width)


class _MmCnn(nn.Module):
    def __init__(self, n_modalities: int, filters: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(n_modalities, filters, width, padding=width // 2)
        self.second = nn.Conv1d(filters, 1, width, padding=width // 2)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        hidden = self.first(masked(x, present)).relu()  # (n, f, d)
        out: Tensor = self.second(hidden).squeeze(1)
        return out * any_present(present)

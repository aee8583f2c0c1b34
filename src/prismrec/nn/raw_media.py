"""Raw media: a branch of its own for each modality, from pixels, words or sound to one width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.media.image.augment import Augmentation
from prismrec.media.image.geometry import Stretch
from prismrec.nn.audio_cnn import AudioCnn
from prismrec.nn.image_cnn import ImageCnn
from prismrec.nn.media import prepared
from prismrec.nn.text_rnn import CELLS, TextRnn
from prismrec.nn.text_transformer import TextTransformer

__all__ = ["READERS", "RawMedia"]

READERS = (*CELLS, "transformer")  # what reads tokens
BANDS = 64  # of the layout "log-mel"


class RawMedia(nn.Module):
    """m modalities of n rows, each through a network that suits its layout, to `dim` each.

    Pixels and log-mel go through a CNN, tokens through what `text` names, vectors through a linear
    map. Each modality is normalised at the end, so that none rules by its size. Absent rows are
    zero.

    Relations: `Media` is the same for vectors alone.
    """

    present: Tensor

    def __init__(
        self, features: Mapping[str, Feature], n: int, dim: int, *, text: str = "lstm"
    ) -> None:
        if text not in READERS:
            raise BadData(f"text={text} is unknown; choose {', '.join(READERS)}")
        super().__init__()
        self.names, self.dim = tuple(features), dim
        present = [feature.present for feature in features.values()]
        table = np.stack(present, axis=1) if present else np.zeros((n, 0), bool)
        self.register_buffer("present", torch.from_numpy(table), persistent=False)
        self.branches = nn.ModuleList()
        for feature in features.values():
            branch = _branch(feature, dim, text)
            self.branches.append(nn.Sequential(branch, nn.LayerNorm(dim)))

    def __len__(self) -> int:
        return len(self.names)

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What the branches make of some rows (b, m, dim), and what is present (b, m)."""
        present = self.present.index_select(0, rows)
        if not len(self):
            return torch.zeros((len(present), 0, self.dim), device=present.device), present
        parts = [branch(rows) for branch in self.branches]
        return torch.stack(parts, dim=1) * present.unsqueeze(-1), present

    def augment(self, steps: Sequence[Augmentation], rng: np.random.Generator) -> None:
        """Change every picture at random; until the next call training sees these."""
        for branch in self.branches:
            if isinstance(branch[0], _Pixels):  # type: ignore[index]
                branch[0].augment(steps, rng)  # type: ignore[index]


def _branch(feature: Feature, dim: int, text: str) -> nn.Module:
    """The network of one modality, with its data."""
    if feature.layout == "pixels":
        return _Pixels(feature, dim)
    if feature.layout == "tokens":
        return _Tokens(feature, dim, text)
    if feature.layout == "log-mel":
        return _LogMel(feature, dim)
    return _Vectors(feature, dim)


class _Branch(nn.Module):
    """Rows of frozen data through a network; the data move with the model but are not saved."""

    data: Tensor

    def __init__(self, data: np.ndarray[Any, Any]) -> None:
        super().__init__()
        self.register_buffer("data", torch.from_numpy(data), persistent=False)


class _Vectors(_Branch):
    def __init__(self, feature: Feature, dim: int) -> None:
        super().__init__(prepared(feature))
        self.network = nn.Linear(self.data.shape[1], dim)

    def forward(self, rows: Tensor) -> Tensor:
        out: Tensor = self.network(self.data.index_select(0, rows))
        return out


class _Pixels(_Branch):
    """Pictures are kept as bytes, a quarter of what they need as numbers."""

    shown: Tensor  # what training sees

    def __init__(self, feature: Feature, dim: int) -> None:
        side = round((feature.dim / 3) ** 0.5)
        pixels = (feature.values * np.float32(255) + np.float32(0.5)).astype(np.uint8)
        super().__init__(pixels.reshape(len(feature), side, side, 3))
        self.register_buffer("shown", self.data, persistent=False)
        self.there = np.flatnonzero(feature.present)
        self.network = ImageCnn(dim)

    def augment(self, steps: Sequence[Augmentation], rng: np.random.Generator) -> None:
        changed = self.data.cpu().numpy().copy()
        square = Stretch(*changed.shape[1:3])
        for row in self.there:
            picture = changed[row]
            for step in steps:
                picture = step(picture, rng)
            changed[row] = square(picture)
        self.shown = torch.from_numpy(changed).to(self.data.device)

    def forward(self, rows: Tensor) -> Tensor:
        data = self.shown if self.training else self.data
        pictures = data.index_select(0, rows).permute(0, 3, 1, 2)  # (b, 3, h, w)
        out: Tensor = self.network(pictures.float() / 127.5 - 1)
        return out


class _Tokens(_Branch):
    def __init__(self, feature: Feature, dim: int, text: str) -> None:
        super().__init__(feature.values.astype(np.int64))
        vocabulary = int(self.data.max()) if self.data.numel() else 0
        if text == "transformer":
            self.network: nn.Module = TextTransformer(vocabulary, dim, length=feature.dim)
        else:
            self.network = TextRnn(vocabulary, dim, cell=text)

    def forward(self, rows: Tensor) -> Tensor:
        out: Tensor = self.network(self.data.index_select(0, rows))
        return out


class _LogMel(_Branch):
    """Spectrograms are kept in half precision, which is finer than what is heard."""

    def __init__(self, feature: Feature, dim: int) -> None:
        super().__init__(feature.values.reshape(len(feature), -1, BANDS).astype(np.float16))
        self.network = AudioCnn(dim, bands=BANDS)

    def forward(self, rows: Tensor) -> Tensor:
        out: Tensor = self.network(2 * self.data.index_select(0, rows).float() - 1)
        return out

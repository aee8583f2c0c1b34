"""Spectral: modalities are filtered and multiplied as frequencies along their dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prismrec.fusion import any_present, masked

__all__ = ["Spectral"]


@dataclass(frozen=True)
class Spectral:
    """Learnt complex filters on each modality's spectrum; the product of spectra is the fusion.

    Strength: a circular convolution of all modalities for the price of a Fourier transform, with
    filters that can drop noise. Weakness: products, as in `low-rank`.

    Source: Ong and Khong, "Spectrum-based modality representation fusion graph convolutional
    network for multimodal recommendation" (SMORE), 2025 (arXiv 2412.14978). Departure: an absent
    modality is a factor of 1, and the mean of the filtered modalities is added.

    Relations: `low-rank` multiplies after linear maps instead of filters.
    """

    symmetric: ClassVar[bool] = False

    def build(self, n_modalities: int, dim: int) -> nn.Module:
        """Learns m + 1 complex filters of d // 2 + 1 frequencies."""
        return _Spectral(n_modalities, dim)


class _Spectral(nn.Module):
    def __init__(self, n_modalities: int, dim: int) -> None:
        super().__init__()
        start = torch.zeros(n_modalities + 1, dim // 2 + 1, 2)
        start[..., 0] = 1  # pass everything
        self.filters = nn.Parameter(start + 0.02 * torch.randn_like(start))

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        filters = torch.view_as_complex(self.filters)
        spectra = torch.fft.rfft(masked(x, present), norm="ortho") * filters[:-1]  # (n, m, f)
        here = present.unsqueeze(-1)
        product = torch.where(here, spectra, torch.ones_like(spectra)).prod(dim=1) * filters[-1]
        alone = spectra.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp_min(1)
        out: Tensor = torch.fft.irfft(product + alone, n=x.shape[2], norm="ortho")
        return out * any_present(present)

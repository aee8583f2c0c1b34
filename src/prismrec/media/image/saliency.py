"""Where a picture has what the eye goes to."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import fft, ndimage

from prismrec.media.image.colour import lightness
from prismrec.media.image.decode import Pixels
from prismrec.types import Doubles

__all__ = ["best_window", "saliency"]

SIDE = 64  # of the longer side: the method looks for things, not for details
BLUR = 2.5  # deviation of the smoothing of the map, in its pixels


def saliency(pixels: Pixels) -> Doubles:
    """(h, w, 3) to a small map (h', w'), max(h', w') <= 64, of sum 1; larger where more stands out.

    The spectral residual: amplitudes of the Fourier transform that stick out of the usual slope
    of natural pictures are kept with their phase and transformed back. The picture fades into its
    mean towards its edges, which the transform would otherwise take for lines.

    Source: Hou and Zhang 2007, "Saliency detection: a spectral residual approach"; the smoothing
    is that of the authors' published example. Fading is ours.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    grey = Image.fromarray(lightness(pixels)).resize(size, Image.Resampling.BOX)
    values = np.asarray(grey, np.float64)
    spectrum = fft.fft2((values - values.mean()) * _fading(values.shape[0], values.shape[1]))
    amplitude = np.log(np.abs(spectrum) + 1e-6)
    residual = amplitude - ndimage.uniform_filter(amplitude, 3, mode="wrap")
    back = fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))
    found: Doubles = ndimage.gaussian_filter(np.abs(back) ** 2, BLUR, mode="nearest")
    return found / max(float(found.sum()), 1e-12)


def best_window(found: Doubles, height: int, width: int) -> tuple[int, int]:
    """Top and left of the height x width window of a map with the largest sum.

    Of windows that are equally good, to a thousandth of the whole, the one nearest to the middle.
    """
    sums = np.pad(found.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[height:, width:] - sums[:-height, width:]
    inside = inside - (sums[height:, :-width] - sums[:-height, :-width])
    rows, columns = np.indices(inside.shape)
    middle = (np.array(inside.shape) - 1) / 2
    away = np.hypot(rows - middle[0], columns - middle[1])
    away[inside < inside.max() - 1e-3] = np.inf
    top, left = np.unravel_index(away.argmin(), away.shape)
    return int(top), int(left)


def _fading(height: int, width: int) -> Doubles:
    """1 in the middle, falling to 0 over an eighth of the picture at each edge."""

    def along(length: int) -> Doubles:
        if length < 8:
            return np.ones(length)
        from_edge = np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5
        return np.sin(np.pi / 2 * (from_edge / (length / 8)).clip(0, 1)) ** 2

    return np.outer(along(height), along(width))

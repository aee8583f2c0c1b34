"""Groups: the scores of several people as one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from prismrec.serve.values import Together
from prismrec.types import Floats

__all__ = ["together"]

HOW: Mapping[Together, Callable[..., Any]] = {
    "mean": np.nanmean,
    "least-misery": np.nanmin,
    "most-pleasure": np.nanmax,
}


def together(scores: Floats, how: Together) -> Floats:
    """(n,) one score for m people from theirs (m, n), each brought to mean 0 and deviation 1.

    Whoever the model has no opinion on, does not count; an item is NaN where it is for everybody.
    """
    if len(scores) == 1:
        only: Floats = scores[0]
        return only
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rows and columns of NaN only
        mean = np.nanmean(scores, axis=1, keepdims=True)
        spread = np.nanstd(scores, axis=1, keepdims=True)
        standard = (scores - mean) / np.where(spread > 0, spread, 1)
        return np.asarray(HOW[how](standard, axis=0), np.float32)

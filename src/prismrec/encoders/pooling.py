"""Pooling: the vectors of a sound's parts to one vector."""

from __future__ import annotations

import numpy as np

from prismrec.types import Floats

__all__ = ["POOLS", "pooled", "pooled_dim"]

POOLS = ("mean", "max", "mean-std", "median")


def pooled(parts: Floats, by: str) -> Floats:
    """(n, d) to (d,), or to (2d,) where `by` is "mean-std"; n is at least 1.

    The mean says what a sound is like on the whole, the maximum what it ever is, the median what
    it mostly is, and the standard deviation how much it changes.
    """
    if by == "max":
        return np.asarray(parts.max(axis=0), np.float32)
    if by == "median":
        return np.asarray(np.median(parts, axis=0), np.float32)
    if by == "mean-std":
        return np.concatenate([parts.mean(axis=0), parts.std(axis=0)])
    return np.asarray(parts.mean(axis=0), np.float32)


def pooled_dim(dim: int, by: str) -> int:
    """Length of a pooled vector."""
    return 2 * dim if by == "mean-std" else dim

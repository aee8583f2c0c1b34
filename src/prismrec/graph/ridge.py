"""Ridge regression from media to what is known of items; it chooses its own strength."""

from __future__ import annotations

import numpy as np

from prismrec.types import Floats

__all__ = ["ridge"]

STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
MOST = 20_000  # rows: the heaviest ones of a larger catalogue say enough


def ridge(inputs: Floats, targets: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """(d, t) coefficients and (t,) intercept of a weighted ridge regression.

    The penalty is the one among `STRENGTHS` whose leave-one-out error, exact from one singular
    value decomposition, is the smallest.

    Args:
        inputs: (n, d), scaled alike, as unit rows are.
        targets: (n, t).
        weight: (n,) of each row; rows of weight 0 are left out. Without any, all is zero.
    """
    rows = np.argsort(-weight, kind="stable")[: min(MOST, int((weight > 0).sum()))]
    if not len(rows):
        return np.zeros((inputs.shape[1], targets.shape[1]), np.float32), np.zeros(
            targets.shape[1], np.float32
        )
    w = weight[rows].astype(np.float64)[:, None] / weight[rows].mean()
    x, y = inputs[rows].astype(np.float64), targets[rows].astype(np.float64)
    x_mean, y_mean = (w * x).mean(axis=0), (w * y).mean(axis=0)
    root = np.sqrt(w)
    u, s, vt = np.linalg.svd(root * (x - x_mean), full_matrices=False)
    y_centred = root * (y - y_mean)
    projected = u.T @ y_centred

    def error(strength: float) -> float:
        shrink = s**2 / (s**2 + strength)
        leverage = u**2 @ shrink + w[:, 0] / len(rows)
        residual = y_centred - u @ (shrink[:, None] * projected)
        return float(((residual / np.maximum(1 - leverage, 1e-3)[:, None]) ** 2).sum())

    strength = min(STRENGTHS, key=error)
    coefficients = vt.T @ ((s / (s**2 + strength))[:, None] * projected)
    return coefficients.astype(np.float32), (y_mean - x_mean @ coefficients).astype(np.float32)

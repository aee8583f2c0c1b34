"""Encoders of a history without torch: the same sums, and only the last state of each row.

All take their weights by the names that the networks of `models` give them, inputs x (b, t, d) of
rows that begin at place 0, shorter rows first, and the place (b,) of each row's last input; what
stands behind it does not matter. They return states (b, d).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.special import expit

from prismrec.types import Bools, Floats, Ints

__all__ = ["gru", "lstm", "transformer"]

EPSILON = 1e-5  # of layer normalisation

Weights = Mapping[str, Floats]


def linear(weights: Weights, name: str, x: Floats) -> Floats:
    """`x @ weight.T + bias`."""
    out: Floats = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return out


def gru(weights: Weights, x: Floats, last: Ints) -> Floats:
    """The gated recurrent unit of K. Cho and others 2014, arXiv 1406.1078, as torch has it.

    Reset r, update z and candidate n; h becomes (1 - z) n + z h.
    """
    state = np.zeros((len(x), weights["cell.weight_hh_l0"].shape[1]), np.float32)
    for inputs, first in _steps(weights, x, last):
        h = state[first:]
        said = h @ weights["cell.weight_hh_l0"].T + weights["cell.bias_hh_l0"]
        (xr, xz, xn), (hr, hz, hn) = np.split(inputs, 3, axis=1), np.split(said, 3, axis=1)
        update, new = expit(xz + hz), np.tanh(xn + expit(xr + hr) * hn)
        state[first:] = new + update * (h - new)
    return linear(weights, "out", state)


def lstm(weights: Weights, x: Floats, last: Ints) -> Floats:
    """Long short-term memory with a forget gate (F. Gers and others 2000), as torch has it.

    Gates i, f, o and candidate g; the cell c becomes f c + i g, and h is o tanh(c).
    """
    state = np.zeros((len(x), weights["cell.weight_hh_l0"].shape[1]), np.float32)
    cell = np.zeros_like(state)
    for inputs, first in _steps(weights, x, last):
        total = inputs + state[first:] @ weights["cell.weight_hh_l0"].T
        i, f, g, o = np.split(total + weights["cell.bias_hh_l0"], 4, axis=1)
        cell[first:] = expit(f) * cell[first:] + expit(i) * np.tanh(g)
        state[first:] = expit(o) * np.tanh(cell[first:])
    return linear(weights, "out", state)


def _steps(weights: Weights, x: Floats, last: Ints) -> Iterator[tuple[Floats, int]]:
    """What each place says to the gates, and the first row that is long enough to have it."""
    turned = weights["cell.weight_ih_l0"].T
    for place in range(int(last.max(initial=-1)) + 1):
        first = int(np.searchsorted(last, place))
        yield x[first:, place] @ turned + weights["cell.bias_ih_l0"], first


def transformer(weights: Weights, x: Floats, last: Ints) -> Floats:
    """Causal self-attention before two maps with a ramp between, each added to what comes in."""
    x = x + weights["positions"][: x.shape[1]]
    n_layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    later = np.triu(np.ones((x.shape[1], x.shape[1]), bool), 1)
    heads = int(weights["heads"][0])
    for layer in range(n_layers):
        name = f"layers.{layer}."
        normal = normalised(weights, f"{name}attention_norm", x)
        keys, values = (linear(weights, name + part, normal) for part in ("key", "value"))
        if layer == n_layers - 1:  # nobody reads the other places
            rows = np.arange(len(x))
            x, normal = x[rows, last][:, None], normal[rows, last][:, None]
            later = np.arange(len(later)) > last[:, None, None, None]
        queries = linear(weights, f"{name}query", normal)
        mixed = attention(queries, keys, values, later=later, heads=heads)
        x = x + linear(weights, f"{name}out", mixed)
        normal = normalised(weights, f"{name}feed_norm", x)
        x = x + linear(weights, f"{name}down", np.maximum(linear(weights, f"{name}up", normal), 0))
    return normalised(weights, "norm", x[:, 0])


def attention(queries: Floats, keys: Floats, values: Floats, *, later: Bools, heads: int) -> Floats:
    """(b, t, d) means of values weighted by a softmax over the places that are not `later`."""
    b, t, d = queries.shape
    q, k, v = (
        part.reshape(b, -1, heads, d // heads).transpose(0, 2, 1, 3)
        for part in (queries, keys, values)
    )
    scores = q @ k.transpose(0, 1, 3, 2) * np.float32((d // heads) ** -0.5)  # (b, heads, t, s)
    scores = np.where(later, np.float32(-np.inf), scores)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    out: Floats = (shares @ v).transpose(0, 2, 1, 3).reshape(b, t, d)
    return out


def normalised(weights: Weights, name: str, x: Floats) -> Floats:
    """Layer normalisation: mean 0 and variance 1 in each vector, then a learnt scale and shift."""
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
    out: Floats = centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return out

"""How far modalities say the same about items: three measures, each with its level of chance.

`cka` compares all distances, `cca` looks for directions that go together, `overlap` counts common
nearest neighbours, which is what a recommender lives on. Two spaces can share coarse groups (high
cka) and yet disagree on what is most alike (low overlap).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.linalg import eigh

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.evaluation.intervals import Interval, bootstrap
from prismrec.graph.neighbours import centre_of, knn, unit
from prismrec.graph.spectral import low_pass
from prismrec.types import Bools, Csr, Doubles, Floats, Ints

__all__ = [
    "Pair",
    "agreement",
    "behaviour",
    "canonical_correlation",
    "components",
    "debiased_cka",
    "overlap",
]

MOST = 5000  # rows of a pair; of more, a sample drawn with the seed is looked at
FEWEST = 30  # rows below which no pair is looked at
RANK = 32  # dimensions of behaviour
USERS = 5  # distinct users from which an item's place in behaviour is more than chance
COMPONENTS, DIRECTIONS = 32, 10  # principal components that `cca` relates, directions it averages


@dataclass(frozen=True)
class Pair:
    """The agreement of two modalities on the rows that have both."""

    one: str
    other: str
    n: int  # rows that have both
    sampled: int  # rows looked at
    cka: float  # debiased, 1 the same up to turning and scaling, chance 0
    cca: float  # mean correlation of ten directions, on rows not fitted on, chance 0
    overlap: Interval  # share of the ten nearest neighbours that are common
    chance: float  # the overlap of two spaces that know nothing of each other

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "overlap": self.overlap._asdict()}


def behaviour(log: Dataset, *, rank: int = RANK, users: int = USERS) -> Feature:
    """(n_items, r) where each item stands by who used it, as a feature like any other.

    The leading singular vectors of the log, see `low_pass`; items with fewer than `users` distinct
    users are absent.
    """
    place, _ = low_pass(log.matrix(), rank)
    known = place.any(axis=1) & (log.item_support() >= users)
    return Feature(np.where(known[:, None], place, np.float32(0)), known)


def agreement(
    spaces: Mapping[str, Feature], *, neighbours: int = 10, seed: int = 0
) -> tuple[Pair, ...]:
    """Compare each two of several spaces on the rows that both have; guessed rows do not count.

    Pairs with fewer than 30 common rows are left out; of more than 5,000 a sample is looked at, so
    that nothing grows with the square of the catalogue.

    Args:
        spaces: name -> (n, d) feature of the same rows.
        neighbours: how many nearest ones `overlap` compares.
        seed: of the sample, the halves of `cca` and the bootstrap.
    """
    pairs = []
    short = {name: components(_centred(feature), COMPONENTS) for name, feature in spaces.items()}
    for one, other in combinations(spaces, 2):
        both = np.flatnonzero(spaces[one].observed & spaces[other].observed)
        if len(both) >= FEWEST:
            rows = _sample(both, seed)
            x, y = (_directions(spaces[name].take(rows)) for name in (one, other))
            shared, chance = overlap(x, y, neighbours)
            (found,) = bootstrap(shared[:, None], rows, seed=seed)
            linear = debiased_cka(x, y)
            directed = canonical_correlation(short[one][rows], short[other][rows], seed=seed)
            pairs.append(Pair(one, other, len(both), len(rows), linear, directed, found, chance))
    return tuple(pairs)


def _sample(rows: Ints, seed: int) -> Ints:
    if len(rows) <= MOST:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))


def components(values: Floats, rank: int) -> Floats:
    """(n, r) leading principal components of (n, d) centred rows; r is `rank`, or d, or n.

    From the eigenvectors of the smaller of the products X X^T and X^T X, the leading ones only.
    """
    wide = len(values) <= values.shape[1]
    wanted = values.astype(np.float64)
    product = wanted @ wanted.T if wide else wanted.T @ wanted
    last = len(product) - 1
    size, axes = eigh(product, subset_by_index=[max(0, last + 1 - rank), last])
    found = axes * np.sqrt(size.clip(0)) if wide else wanted @ axes
    return np.asarray(found[:, ::-1], np.float32)


def _centred(feature: Feature) -> Floats:
    """(n, d) observed rows around their mean; the others are zero."""
    known = feature.observed_only()
    centred = known.values - centre_of(known)
    return np.where(known.present[:, None], centred, np.float32(0))


def _directions(feature: Feature) -> Floats:
    return unit(feature, centre_of(feature))


def debiased_cka(one: Floats, other: Floats) -> float:
    """Linear CKA without the bias of few rows in many dimensions: 0 on average for noise.

    The plain measure, `alignment.cka`, calls any two sets of 200 vectors of 1,000 dimensions
    alike. This one takes the unbiased HSIC of Song and others (2012, JMLR 13, eq. 5), computed
    from the d x d products: no n x n matrix. May be slightly below 0.

    Args:
        one: (n, d) of n items, 4 or more.
        other: (n, d') of the same items.
    """
    x, y = one.astype(np.float64), other.astype(np.float64)
    x -= x.mean(axis=0)
    y -= y.mean(axis=0)
    alone = _hsic(x, x) * _hsic(y, y)
    return float(_hsic(x, y) / np.sqrt(alone)) if alone > 0 else 0.0


def _hsic(x: Doubles, y: Doubles) -> float:
    """Unbiased estimate, times n (n - 3), for K = x x^T and L = y y^T without their diagonals."""
    n = len(x)
    own_x, own_y = (x**2).sum(axis=1), (y**2).sum(axis=1)
    sums_x, sums_y = x @ x.sum(axis=0) - own_x, y @ y.sum(axis=0) - own_y
    trace = ((x.T @ y) ** 2).sum() - own_x @ own_y
    grand = sums_x.sum() * sums_y.sum() / ((n - 1) * (n - 2))
    return float(trace + grand - 2 / (n - 2) * (sums_x @ sums_y))


def canonical_correlation(one: Floats, other: Floats, *, seed: int = 0) -> float:
    """Mean correlation of the ten most correlated directions, on rows that they were not found on.

    Each half of the rows is judged by directions from the other half: ridge CCA (Vinod 1976). In
    the rows themselves ten directions correlate whatever they are; in others their correlation is
    0 on average where there is nothing.

    Args:
        one: (n, r) of n items, the first columns mattering most, as of principal components; of
            few items only n / 10 columns take part.
        other: (n, r') of the same items.
        seed: of the halves.
    """
    half = np.random.default_rng(seed).permutation(len(one)) % 2 == 0
    rank = max(1, len(one) // 10)
    found = []
    for fit, judge in ((half, ~half), (~half, half)):
        x, y = (_whitened(side[:, :rank], fit) for side in (one, other))
        u, _, vt = np.linalg.svd(x[fit].T @ y[fit], full_matrices=False)
        a, b = x[judge] @ u[:, :DIRECTIONS], y[judge] @ vt[:DIRECTIONS].T
        a, b = a - a.mean(axis=0), b - b.mean(axis=0)
        scale = np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
        found.append(float(((a * b).sum(axis=0) / np.maximum(scale, 1e-12)).mean()))
    return float(np.mean(found))


def _whitened(values: Floats, fit: Bools) -> Doubles:
    """(n, r) uncorrelated among the rows to fit, of variance below 1 there by a ridge."""
    wide = values.astype(np.float64) - values[fit].mean(axis=0, dtype=np.float64)
    variance, axes = np.linalg.eigh(wide[fit].T @ wide[fit] / max(1, int(fit.sum())))
    white: Doubles = wide @ (axes / np.sqrt(variance + 0.1 * max(float(variance.mean()), 1e-12)))
    return white


def overlap(one: Floats, other: Floats, neighbours: int = 10) -> tuple[Doubles, float]:
    """(n,) share of each row's nearest neighbours that both spaces name, and the chance of it.

    Args:
        one: (n, d) unit rows.
        other: (n, d') unit rows of the same items.
        neighbours: how many count, at most n - 1.
    """
    n = len(one)
    k = min(neighbours, n - 1)
    common = _near(one, k).multiply(_near(other, k)).sum(axis=1)
    return np.asarray(common, np.float64).ravel() / k, k / (n - 1)


def _near(vectors: Floats, k: int) -> Csr:
    graph = knn(vectors, k, minimum=-2.0)
    graph.data = np.ones_like(graph.data)
    return graph

"""The bridge: from pictures, or sounds, to what texts say, learnt from the shop's own items."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve
from scipy.special import ndtri

from prismrec.data.features import Feature
from prismrec.types import Doubles, Floats, Ints

__all__ = ["Bridge", "learn"]

FOLDS = 5
FEWEST = 100  # items with both modalities; fewer teach nothing that holds
JUDGED = 1000  # items whose predictions are judged against each other
PENALTY = 30.0  # on unit vectors; chosen on half of movielens-posters, flat from 10 to 100
SURE = 2.0  # standard errors above chance that count as skill


@dataclass(frozen=True, eq=False)
class Bridge:
    """What a medium of each item says, as a vector among texts, and how well that works here."""

    predicted: Feature  # unit length; an item's own text had no part in its prediction
    strength: float  # 0 where nothing was learnt; see `strength_of`
    teachers: Ints  # rows of the items it was learnt from
    folds: tuple[tuple[Floats, Floats], ...] = ()  # mean of the inputs and coefficients of each

    def grown(self, media: Feature, new: Ints) -> Bridge:
        """This bridge over a larger catalogue: nothing is learnt, and the new rows are predicted.

        Args:
            media: of all items; of those that are not new it is what the bridge was learnt from.
            new: (n,) rows that are new, or whose medium is another now.
        """
        predicted = np.zeros((len(media), self.predicted.dim), np.float32)
        predicted[: len(self.predicted)] = self.predicted.values
        if self.folds:
            inputs = _unit(media.values[new])
            guess = np.sum([(inputs - mean) @ weights for mean, weights in self.folds], axis=0)
            predicted[new] = _unit(guess) * media.present[new][:, None]
        return replace(self, predicted=Feature(predicted, media.present))


def learn(media: Feature, texts: Feature) -> Bridge:
    """Ridge regression from one modality to the vectors of the texts, by five folds.

    Each item is predicted by a regression that has not seen it, so items with and without a text
    are treated alike, and so that it can be told whether anything was learnt: the prediction from
    its own picture must lie nearer to an item's text than those from other pictures do.
    """
    both = np.flatnonzero(media.present & texts.present)
    nothing = Feature(np.zeros((len(media), texts.dim), np.float32), np.zeros(len(media), np.bool_))
    if len(both) < FEWEST:
        return Bridge(nothing, 0.0, both)
    inputs = _unit(media.values)
    fold = np.full(len(media), -1)
    fold[np.random.default_rng(0).permutation(both)] = np.arange(len(both)) % FOLDS
    predicted = np.zeros((len(media), texts.dim), np.float32)
    folds = []
    for number in range(FOLDS):
        seen = both[fold[both] != number]
        mean, weights = _ridge(inputs[seen], texts.values[seen])
        folds.append((mean, weights))
        mine = fold == number
        predicted[mine] = (inputs[mine] - mean) @ weights
        predicted[fold < 0] += (inputs[fold < 0] - mean) @ weights / FOLDS
    strength = _skill(predicted[both], texts.values[both])
    found = Feature(_unit(predicted) * media.present[:, None], media.present)
    if not strength:
        return Bridge(nothing, 0.0, both)
    return Bridge(found, strength, both, tuple(folds))


def strength_of(auc: float) -> float:
    """How far apart two normal distributions of unit variance lie that are told apart so well.

    `auc` is the probability that one of the first is above one of the second.
    """
    return float(np.sqrt(2) * ndtri(min(max(auc, 1e-6), 1 - 1e-6)))


def _ridge(inputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """Mean of the inputs, and coefficients for what differs from it."""
    mean = inputs.mean(axis=0)
    centred = inputs - mean
    gram = centred.T @ centred
    gram[np.diag_indices_from(gram)] += PENALTY
    weights = solve(gram, centred.T @ (targets - targets.mean(axis=0)), assume_a="pos")
    return mean, np.asarray(weights, np.float32)


def _skill(predicted: Floats, texts: Floats) -> float:
    from scipy.stats import rankdata  # takes half a second to import

    rows = np.random.default_rng(1).permutation(len(texts))[:JUDGED]
    scores = _unit(predicted[rows]) @ texts[rows].T  # (prediction, text)
    auc = (rankdata(scores, axis=0).diagonal() - 1) / (len(rows) - 1)
    error = float(auc.std(ddof=1)) / np.sqrt(len(auc))
    return strength_of(float(auc.mean())) if auc.mean() - SURE * error > 0.5 else 0.0


def _unit(values: Floats | Doubles) -> Floats:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / length.clip(1e-12), np.float32)

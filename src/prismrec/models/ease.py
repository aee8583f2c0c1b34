"""EASE: each item predicted from all others by one ridge regression in closed form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.sketch import sketch
from prismrec.errors import TooLarge
from prismrec.graph.inverse import dense_gram, regularised_inverse
from prismrec.graph.support import popularity
from prismrec.holdout import HeldOut, choose, hold_out, without
from prismrec.rankers import ItemWeights, Part
from prismrec.search_space import searched
from prismrec.train import Training
from prismrec.types import Csr

__all__ = ["Ease"]

TIE = 1e-6  # of popularity: decides between equals, and for people without history
TRIAL_ITEMS = 2048  # most used items on which settings are compared
# Where the search begins, and what it tries. l2 is relative to the mean weight of an interaction.
START = {"l2": 200.0, "user_power": 0.25}
MOVES = ({"l2": (30.0, 100.0, 200.0, 500.0, 1000.0)}, {"user_power": (0.0, 0.25, 0.5)})
PEOPLE = 2000  # asked in one trial


@dataclass(frozen=True)
class Ease:
    """Score = r_u B, where B minimises |X - X B|^2 + l2 |B|^2 with zero diagonal.

    X is the users by items matrix of ones with rows divided by degree^user_power. What is None is
    chosen by a coordinate search on choices held out from train, or on `how.valid` where it is
    given, with the 2,048 most used items only, where a trial takes a second.

    Relations: `item-knn` looks at pairs alone, and counts what two alike past items say twice;
    here each is counted once. Departs from Steck 2019 (arXiv 1905.03375) by user_power.
    """

    l2: float | None = searched(None, 1.0, 1e4, log=True)  # strength of the ridge, in users
    user_power: float | None = searched(None, 0.0, 2.0)  # how far a user of many items counts less
    memory_gb: float | None = None  # what a fit may take; None: half of the machine's memory

    def fit(self, train: Dataset, how: Training = Training()) -> ItemWeights:
        """Choose what was left open, then invert the item counts.

        Raises:
            TooLarge: where n_items x n_items numbers do not fit in the memory allowed.
        """
        _check_memory(train.n_items, self.memory_gb)
        given = {"l2": self.l2, "user_power": self.user_power}
        settings = {name: value for name, value in given.items() if value is not None}
        if len(settings) < len(given):
            settings = _chosen(settings, hold_out(train, how, people=PEOPLE))
        gram = dense_gram(train.matrix(), user_power=settings["user_power"])
        weights = regularised_inverse(gram, settings["l2"])
        part = Part("predicted from all others", "behaviour", weights)
        bias = np.float32(TIE) * popularity(train.item_support().astype(np.float32))
        about = {"model": "ease", **settings, "fitted_on": sketch(train)}
        return ItemWeights((part,), bias, about=about)


def _check_memory(n_items: int, allowed: float | None) -> None:
    needed = 1.25 * 4 * n_items**2 / 1e9
    if allowed is None:
        allowed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2e9
    if needed > allowed:
        raise TooLarge(
            f"ease needs {needed:.1f} GB for {n_items:,} items and may take {allowed:.1f} GB: use "
            f"item-knn, which is sparse, drop rare items with k_core, or set memory_gb"
        )


def _chosen(fixed: Mapping[str, float], held: HeldOut) -> dict[str, float]:
    """The fixed settings and the rest, chosen on the most used items."""
    most_used = np.argsort(-held.train.item_support(), kind="stable")[:TRIAL_ITEMS]
    items = np.sort(most_used)
    matrix = held.train.matrix()[:, items]

    def gain(settings: Mapping[str, float]) -> float:
        gram = dense_gram(matrix, user_power=settings["user_power"])
        weights = regularised_inverse(gram, absolute(settings)["l2"])

        return held.gain(lambda history: history[:, items] @ weights, items)

    def absolute(settings: Mapping[str, float]) -> dict[str, float]:
        if "l2" in fixed:
            return dict(settings)
        return {**settings, "l2": settings["l2"] * _unit(held.train.matrix(), settings)}

    return absolute(choose(gain, {**START, **fixed}, without(MOVES, fixed)))


def _unit(matrix: Csr, settings: Mapping[str, float]) -> float:
    """Mean weight of an interaction: it says how large the counts are for a user_power."""
    degree = np.diff(matrix.indptr).astype(np.float64)
    used = degree[degree > 0]
    total = float((used ** (1 - 2 * settings["user_power"])).sum())
    return float(f"{total / max(1.0, float(used.sum())):.2g}")

"""Evidence: how well each item of a catalogue matches a request in one respect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.encoders.colour_names import COLOURS, ColourNames
from prismrec.search.reasons import Word
from prismrec.types import Bools, Floats

__all__ = [
    "HIGHEST",
    "STRENGTHS",
    "Evidence",
    "Why",
    "cosines",
    "likeness_of_colours",
    "of_colours",
    "standardised",
]

Why = Callable[[int], Sequence[Word]]

# How many standard deviations the items that are meant lie above the others; measured on one half
# of movielens-posters and on emotify (docs/search.md).
STRENGTHS = {
    "words": 2.0,  # of the request in the text
    "meaning": 1.3,  # of request and text
    "colours": 2.0,
    "seen": 0.3,  # by the names of what is in the picture
    "heard": 0.8,  # by the tags of the sound
    "joint": 1.5,  # space of pictures or sounds and texts, learnt from both together
    "looks": 1.0,  # like the picture that was given
    "sounds": 1.0,  # like the sound that was given
    "palette": 0.5,  # like that of the picture that was given
    "crossed": 0.2,  # picture or sound against another modality, by names on both sides
}
LOWEST, HIGHEST = -3.0, 5.0  # standard scores; words have the highest where all are there
LEAST_SHARE = 0.02  # of a colour; what has none differs little from what has a trace


@dataclass(frozen=True, eq=False)
class Evidence:
    """Standard scores of all items in one respect, and what to say about a good one.

    What an item gains is the logarithm of how much more probable its score is if it is meant: the
    scores of others are normal with mean 0 and variance 1; those of items that are meant have mean
    `strength` in half of all requests, and in the other half this respect is beside the point.
    """

    kind: str  # a key of STRENGTHS, or "learnt"
    modality: str  # of the items
    strength: float
    standard: Floats  # (n,) as `standardised` makes them; NaN where an item has no such medium
    why: Why  # from a row to what can be read

    @property
    def adds(self) -> Floats:
        """(n,): 0 where there is no such medium, which speaks neither for nor against an item."""
        ratio = np.exp(self.strength * self.standard - self.strength**2 / 2)
        return np.asarray(np.nan_to_num(np.log((1 + ratio) / 2), nan=0.0), np.float32)


def standardised(match: Floats, present: Bools) -> Floats:
    """(n,) to mean 0 and variance 1 over what is present, cut at both ends; NaN elsewhere."""
    out = np.full(len(match), np.nan, np.float32)
    found = match[present].astype(np.float64)
    if len(found):
        spread = float(found.std())
        out[present] = ((found - found.mean()) / max(spread, 1e-9)).clip(LOWEST, HIGHEST)
    return out


def cosines(feature: Feature, vector: Floats) -> Floats:
    """(n,) cosine of each row with a (d,) vector; 0 where a length is 0."""
    lengths = np.linalg.norm(feature.values, axis=1) * np.linalg.norm(vector)
    return np.asarray((feature.values @ vector) / lengths.clip(1e-12), np.float32)


def of_colours(feature: Feature, names: Sequence[str]) -> Floats:
    """(n,) mean over the colours asked for of the standardised logarithm of their share."""
    columns = [ColourNames.labels.index(name) for name in names]
    shares = np.log(feature.values[:, columns] + LEAST_SHARE)
    each = [standardised(column, feature.present) for column in shares.T]
    return np.asarray(np.nan_to_num(np.mean(each, axis=0), nan=0.0), np.float32)


def likeness_of_colours(feature: Feature, vector: Floats) -> Floats:
    """(n,) Bhattacharyya coefficient of the shares of the eleven colours."""
    mine = np.sqrt(feature.values[:, : len(COLOURS)])
    return np.asarray(mine @ np.sqrt(vector[: len(COLOURS)]), np.float32)

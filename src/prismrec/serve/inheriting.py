"""Inheriting: an item whose media changed keeps what people did with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from prismrec.rankers import ItemWeights, Mixture, Part, Towers
from prismrec.rankers.int8_towers import Int8Towers
from prismrec.rankers.sequence import SequenceRanker
from prismrec.types import Bools, Ints

__all__ = ["inherited", "stays"]

LARGE = 20_000  # items of a mixture from which its relations are not rewritten
LEARNT = (ItemWeights, Towers, Int8Towers, SequenceRanker)  # of people, where the fit knew the item


def stays(ranker: Any, places: Ints, n_fitted: int) -> Bools:
    """(k,) which rows of a ranker do not move when media change.

    Those that the fit placed by what people did, in a ranker that reads media for want of that, and
    of a large mixture all that the fit knew: to rewrite its relations takes too long.
    """
    out = (places >= 0) & (places < n_fitted)
    if isinstance(ranker, Mixture) and ranker.n_items > LARGE:
        return out
    if not isinstance(ranker, LEARNT):
        return np.zeros(len(places), bool)
    if ranker.has_opinion is not None:
        out[out] = ranker.has_opinion[places[out]]
    return out


def inherited(ranker: Any, old: Ints, new: Ints) -> Any:
    """A mixture in which new rows have the behaviour, prior and support of old ones.

    What they look, read and sound like stays that of the new rows. Other rankers stay as they are.

    Args:
        ranker: one that has both.
        old: (k,) rows.
        new: (k,) the rows of the same items by their new media.
    """
    if not isinstance(ranker, Mixture) or not len(old):
        return ranker
    prior, support = ranker.prior.copy(), ranker.support.copy()
    prior[new], support[new] = prior[old], support[old]
    media = () if ranker.newcomers is None else tuple(ranker.newcomers.centres)
    parts = tuple(_copied(part, old, new, by_media=part.modality in media) for part in ranker.parts)
    return replace(ranker, parts=parts, prior=prior, support=support)


def _copied(part: Part, old: Ints, new: Ints, *, by_media: bool) -> Part:
    if part.left is not None and part.right is not None:
        left, right = part.left.copy(), part.right
        left[new] = left[old]  # what having used it says of taste
        if not by_media:
            right = right.copy()
            right[new] = right[old]
        return replace(part, left=left, right=right)
    if by_media:
        return part
    source = np.arange(part.n_items)
    source[new] = old
    if isinstance(part.given, np.ndarray):
        return replace(part, weights=part.given[np.ix_(source, source)])
    entries = (np.ones(len(source), np.float32), (np.arange(len(source)), source))
    copy = sparse.csr_array(entries, shape=(len(source), len(source)))
    return replace(part, weights=sparse.csr_array(copy @ part.given @ copy.T))

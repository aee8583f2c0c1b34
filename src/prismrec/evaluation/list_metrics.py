"""List metrics: what lists are beyond accurate: new, varied, even, and fitting in popularity.

Every function takes a `Given` and returns its figures by name: (n,) values, NaN for a user who has
none, or one number for all lists together. None of them is better for being high as such: read them
beside accuracy, which a list of random items would lose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from prismrec.data.features import Feature
from prismrec.data.jagged import Jagged
from prismrec.types import Bools, Doubles, Floats, Ints

__all__ = ["Figures", "Given", "calibration", "diversity", "gini", "novelty", "serendipity"]

BLOCK = 1 << 22  # numbers held at once
ENDS = 0.2  # share of the interactions that make up the head, and the tail

Figures = Mapping[str, Doubles | float]


@dataclass(frozen=True, eq=False)
class Given:
    """Lists of one length and what was known when they were made."""

    items: Ints  # (n, k) what each user got, best first; -1 beyond the end
    hits: Bools  # (n, k) which of them were relevant
    history: Jagged  # (n,) distinct items that each had used
    support: Ints  # (n_items,) number of users that had used each item
    n_users: int  # how many users had used anything
    n_candidates: int  # how many items could have been returned
    features: Mapping[str, Feature] = field(default_factory=dict)  # modality -> (n_items, d)


def gini(given: Given) -> Figures:
    """Inequality of exposure over the candidates: 0 all are shown alike, near 1 only one is.

    Sum over items of (2 rank - n - 1) shown / (n sum of shown), ranks by rising exposure.

    Four candidates are shown 0, 0, 1 and 3 times: (-3*0 - 1*0 + 1*1 + 3*3) / (4*4) = 0.625.

    >>> items = np.array([[0, 1], [0, -1], [0, -1]])
    >>> gini(Given(items, items == 5, Jagged.empty(3), np.ones(4, int), 3, 4))
    {'gini': 0.625}
    """
    shown = np.sort(np.bincount(given.items.ravel() + 1)[1:])
    shown = shown[shown > 0]
    if not len(shown):
        return {}
    n = given.n_candidates
    rank = np.arange(n - len(shown), n) + 1
    return {"gini": float(((2 * rank - n - 1) * shown).sum() / (n * shown.sum()))}


def novelty(given: Given) -> Figures:
    """Mean self-information of the items in the list, in bits: -log2 of the share who used each.

    An item that nobody used counts as if one user had. Source: Zhou and others 2010
    (doi:10.1073/pnas.1000488107).

    All four users know item 0, one knows item 1: (0 + 2) / 2 = 1 bit.

    >>> items = np.array([[0, 1]])
    >>> novelty(Given(items, items == 5, Jagged.empty(1), np.array([4, 1]), 4, 2))
    {'novelty': array([1.])}
    """
    bits = -np.log2(np.maximum(given.support, 1) / max(given.n_users, 1))
    return {"novelty": _mean(bits[given.items], given.items >= 0)}


def diversity(given: Given) -> Figures:
    """Mean of 1 - cosine over the pairs of items in a list, for each modality: 0 all are alike.

    Only items that have the modality, unguessed, form pairs; NaN for lists with fewer than two.
    Called intra-list diversity (Smyth and McClave 2001; Ziegler and others 2005,
    doi:10.1145/1060745.1060754).

    Two equal covers and one at a right angle: (0 + 1 + 1) / 3 = 0.6667. The fourth has none.

    >>> cover = Feature.of(np.array([[1, 0], [2, 0], [0, 1], [np.nan, 0]]))
    >>> items = np.array([[0, 1, 2, 3]])
    >>> diversity(Given(items, items > 5, Jagged.empty(1), np.ones(4), 1, 4, {"image": cover}))
    {'diversity-image': array([0.66666667])}
    """
    return {
        f"diversity-{name}": _distance(given.items, feature)
        for name, feature in given.features.items()
        if feature.layout == "vector"
    }


def serendipity(given: Given) -> Figures:
    """Share of the k places with a relevant item that popularity alone would not have shown.

    Expected are the k most used items that the user had not used, equal ones by row; an item
    that nobody used is never expected. Source: Ge, Delgado-Battenfeld and Jannach 2010
    (doi:10.1145/1864708.1864761), with popularity as the primitive method and the places of the
    list as the denominator, so that it is at most precision@k.

    Both items are relevant. Item 0 is known, so items 1 and 2 are expected and 3 is a surprise.

    >>> items, past = np.array([[1, 3]]), Jagged.from_rows([[0]])
    >>> serendipity(Given(items, items > 0, past, np.array([4, 3, 2, 1]), 4, 4))
    {'serendipity': array([0.5])}
    """
    n_items, k = len(given.support), given.items.shape[1]
    place = np.empty(n_items, np.int64)  # 0 for the most used item
    place[np.argsort(-given.support, kind="stable")] = np.arange(n_items)
    row = np.arange(len(given.items))[:, None]
    known = np.sort(given.history.rows * n_items + place[given.history.values])
    before = np.searchsorted(known, row * n_items + place[given.items])
    ahead = place[given.items] - (before - given.history.offsets[:-1, None])
    expected = (ahead < k) & (given.support[given.items] > 0)
    found = np.count_nonzero(given.hits & ~expected, axis=1)
    return {"serendipity": found / k}


def calibration(given: Given) -> Figures:
    """How well popular, middling and rare items have the shares of the user's history: 1 equal.

    1 - the Jensen-Shannon divergence in bits between the two distributions over three groups:
    head, the most used items that make up a fifth of all interactions, tail, the least used that
    make up a fifth, and the rest. NaN without history. Source: Steck 2018
    (doi:10.1145/3240323.3240372) for calibration, Abdollahpouri, Burke and Mobasher 2021
    (doi:10.1145/3450613.3456821) for the groups and the divergence.

    Item 0 is the head, 1 the middle, 2 the tail. Both histories are the head alone: a list of head
    items fits fully, one of the tail not at all.

    >>> items, past = np.array([[0], [2]]), Jagged.from_rows([[0], [0]])
    >>> calibration(Given(items, items == 5, past, np.array([6, 3, 1]), 6, 3))
    {'calibration': array([1., 0.])}
    """
    group = _groups(given.support)
    shown = np.full(given.items.shape, -1, np.int64)
    shown[given.items >= 0] = group[given.items[given.items >= 0]]
    row = np.broadcast_to(np.arange(len(shown))[:, None], shown.shape)
    ours = _shares(row[shown >= 0], shown[shown >= 0], len(shown))
    theirs = _shares(given.history.rows, group[given.history.values], len(shown))
    return {"calibration": 1 - _divergence(ours, theirs)}


def _mean(values: Doubles, known: Bools) -> Doubles:
    """(n,) mean of the known values of each row, NaN where there are none."""
    count = np.count_nonzero(known, axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    return np.where(count, total / np.maximum(count, 1), np.nan)


def _distance(items: Ints, feature: Feature) -> Doubles:
    """(n,) mean distance of the pairs, by the length of the sum of the unit vectors.

    |sum|^2 is the sum of all n * n cosines, so no pair is looked at.
    """
    units, known = _units(feature)
    out = np.full(len(items), np.nan)
    size = max(1, BLOCK // max(1, items.shape[1] * feature.dim))
    for start in range(0, len(items), size):
        block = items[start : start + size]
        there = (block >= 0) & known[block]
        count = np.count_nonzero(there, axis=1)
        total = np.einsum("nkd,nk->nd", units[block], there.astype(np.float32))
        square = (total.astype(np.float64) ** 2).sum(axis=1)
        cosine = (square - count) / np.maximum(count * (count - 1), 1)
        out[start : start + size] = np.where(count > 1, (1 - cosine).clip(0), np.nan)
    return out


def _units(feature: Feature) -> tuple[Floats, Bools]:
    """Rows of length 1, and which rows are known and not zero."""
    length = np.linalg.norm(feature.values, axis=1)
    known = feature.observed & (length > 0)
    return feature.values / np.where(known, length, 1).astype(np.float32)[:, None], known


def _groups(support: Ints) -> Ints:
    """(n_items,) 0 for the head, 1 for the middle, 2 for the tail; equal counts go by row."""
    order = np.argsort(-support, kind="stable")
    used = support[order]
    above = used.cumsum() - used
    below = used.sum() - above
    edge = ENDS * used.sum()
    group = np.empty(len(support), np.int64)
    group[order] = np.where(above < edge, 0, np.where(below <= edge, 2, 1))
    return group


def _shares(rows: Ints, group: Ints, n: int) -> Doubles:
    """(n, 3) share of each group in each row, NaN for a row that is empty."""
    count = np.bincount(rows * 3 + group, minlength=3 * n).reshape(n, 3)
    total = count.sum(axis=1, keepdims=True)
    return np.where(total > 0, count / np.maximum(total, 1), np.nan)


def _divergence(one: Doubles, other: Doubles) -> Doubles:
    """(n,) Jensen-Shannon divergence of rows in bits, 0 to 1."""
    middle = (one + other) / 2
    both = special.rel_entr(one, middle) + special.rel_entr(other, middle)
    bits: Doubles = both.sum(axis=1) / (2 * np.log(2))
    return bits

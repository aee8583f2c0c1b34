"""User-interest alignment: how well what is recommended matches what people turned out to like.

Accuracy counts the very items that were found. A list can miss them all and still show what its
user cares about. Two figures per modality say so, both 0 for a random list on average, 1 at best:

    near   does the list look, read or sound like what the user likes? Cosine to the likes' mean.
    mix    does the list hold the same mix of interests? Jensen-Shannon over clusters of items.

A list of what lies between a user's interests can be near; its mix is wrong. Read both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse, special

from prismrec.data.dataset import Dataset
from prismrec.errors import BadData
from prismrec.evaluation.clusters import clusters, spread, usual_number
from prismrec.evaluation.intervals import Interval, bootstrap
from prismrec.evaluation.result import Evaluation
from prismrec.types import Bools, Csr, Doubles, Floats, Ints

__all__ = ["Alignment", "Match", "alignment", "divergence", "likes_of"]

BLOCK = 1 << 22  # numbers held at once
SEED = 0  # of clusters and random lists: lists of several models are held against the same ones
DRAWS = 32  # random lists per user that say what divergence chance has
LEAST = 1e-6  # distance between chance and the best below which nothing can be told


@dataclass(frozen=True, eq=False)
class Match:
    """How lists match likes in one modality; NaN for users that were left out."""

    near: Interval
    mix: Interval
    near_per_user: Doubles  # (n_users,) at most 1
    mix_per_user: Doubles  # (n_users,) at most 1
    cosine: Mapping[str, float]  # means of what `near` is made of: list, random, best
    clusters: int  # interests that `mix` tells apart
    left_out: int  # users without a like or a listed item that has the modality

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        return {
            "near": self.near._asdict(),
            "mix": self.mix._asdict(),
            "cosine": dict(self.cosine),
            "clusters": self.clusters,
            "left_out": self.left_out,
        }


@dataclass(frozen=True, eq=False)
class Alignment:
    """The match in each modality in which any user could be judged."""

    matches: Mapping[str, Match]  # by modality
    users: Ints  # (n_users,) rows, as in the evaluation
    k: int

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        found = {name: match.to_json() for name, match in self.matches.items()}
        return {"k": self.k, "n_users": len(self.users), "modalities": found}


def alignment(
    evaluation: Evaluation,
    *,
    train: Dataset,
    test: Dataset,
    k: int | None = None,
    only: Ints | None = None,
) -> Alignment:
    """Match the lists of an evaluation with the held-out likes of their users, per modality.

    A like is what `evaluate` calls relevant: used in `test` with a weight above 0, not in `train`.
    The profile of a user is the mean of the unit vectors of the likes, after the mean over items
    was subtracted. With c(L) the mean cosine between the profile and the items of a list L,

        near = (c(list) - c(all candidates)) / (c(nearest candidates) - c(all candidates)),

    the mean of c over random lists being c(all candidates) exactly. With D the Jensen-Shannon
    divergence (Lin 1991, doi:10.1109/18.61115) from the likes' shares of clusters,

        mix = 1 - D(list) / mean of D over 32 random lists

    for `usual_number` of clusters, but no more than half of k. A list that is the same for all
    users, as of the model `random`, misses 0 by its luck; the intervals do not tell.

    Likes and listed items that lack a modality do not count in it; random and nearest lists are as
    long as what is left. A user with nothing left is left out of the mean and counted.

    Args:
        evaluation: lists and users.
        train: what the ranker had seen; its item features are the measure.
        test: what `evaluation` measured.
        k: how much of the lists counts; all where None.
        only: the candidates, where `evaluate` was given any.

    Raises:
        BadData: where the lists are shorter than k.
    """
    width = evaluation.items.shape[1]
    k = width if k is None else k
    if not 1 <= k <= width:
        raise BadData(f"alignment: the lists are {width} long, k must be 1 to {width}, not {k}")
    allowed = np.full(train.n_items, only is None)
    if only is not None:
        allowed[only] = True
    seen = train.matrix()[evaluation.users]
    likes = likes_of(test, evaluation.users, seen=seen, allowed=allowed)
    given = _listed(evaluation.items[:, :k], train.n_items)
    matches = {}
    for name, feature in train.items.items():
        vectors = spread(feature) if feature.layout == "vector" else np.zeros((0, 0), np.float32)
        if vectors.any():
            case = _Case(vectors, likes, given, seen, allowed & vectors.any(axis=1))
            matches[name] = case.match(evaluation.users, k)
    return Alignment({name: m for name, m in matches.items() if m}, evaluation.users, k)


def divergence(one: Doubles, other: Doubles) -> Doubles:
    """Jensen-Shannon divergence between rows of counts or shares, in bits: 0 equal, 1 disjoint.

    >>> divergence(np.array([[1.0, 0], [2, 2]]), np.array([[0, 3.0], [1, 1]])).tolist()
    [1.0, 0.0]

    The mean of the two is (3/4, 1/4): entropy 0.8113, less the mean 1/2 of the entropies 0 and 1.

    >>> divergence(np.array([[1.0, 0]]), np.array([[1.0, 1]])).round(4).tolist()
    [0.3113]
    """
    p = one / np.maximum(one.sum(axis=-1, keepdims=True), 1e-12)
    q = other / np.maximum(other.sum(axis=-1, keepdims=True), 1e-12)

    def entropy(shares: Doubles) -> Doubles:
        total: Doubles = special.entr(shares).sum(axis=-1) / np.log(2)
        return total

    apart: Doubles = entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
    return apart.clip(0, 1)


def likes_of(test: Dataset, users: Ints, *, seen: Csr, allowed: Bools) -> Csr:
    """(n, n_items) ones where a user has something to be found that is `allowed` and not `seen`."""
    log = test.interactions
    liked = log.take(log.weight > 0).matrix(test.n_users, test.n_items, binary=True)[users]
    fresh = liked - liked.multiply(seen)
    out = sparse.csr_array(fresh.multiply(allowed[None, :].astype(np.float32)))
    out.eliminate_zeros()
    return out


def _listed(items: Ints, n_items: int) -> Csr:
    """(n, n_items) ones where an item stands in a list."""
    rows, places = np.nonzero(items >= 0)
    ones = np.ones(len(rows), np.float32)
    return sparse.csr_array((ones, (rows, items[rows, places])), shape=(len(items), n_items))


@dataclass(frozen=True, eq=False)
class _Case:
    """One modality: its vectors, and who likes, was given, had seen what."""

    vectors: Floats  # (n_items, d) unit rows
    likes: Csr  # (n, n_items), as the next two
    given: Csr
    seen: Csr
    able: Bools  # (n_items,) candidates that have the modality

    def match(self, users: Ints, k: int) -> Match | None:
        """The figures; None where nobody can be judged."""
        size = max(1, BLOCK // len(self.vectors))
        cosines = np.concatenate(
            [self._cosines(slice(at, at + size)) for at in range(0, len(users), size)]
        )
        mine, chance, best = cosines.T
        near = _scaled(mine - chance, best - chance)
        few = max(2, k // 2)  # a list of 20 cannot show shares of 30 interests
        number = min(usual_number(int(self.vectors.any(axis=1).sum())), few)
        labels = clusters(self.vectors, number, seed=SEED)
        mix = np.where(np.isnan(near), np.nan, self._mix(labels))
        known = ~np.isnan(near) & ~np.isnan(mix)
        if not known.any():
            return None
        near[~known], mix[~known] = np.nan, np.nan
        values = np.column_stack([near, mix])[known]
        near_mean, mix_mean = bootstrap(values, users[known], seed=SEED)
        means = cosines[known].mean(axis=0)
        return Match(
            near_mean,
            mix_mean,
            near_per_user=near,
            mix_per_user=mix,
            cosine=dict(zip(("list", "random", "best"), map(float, means), strict=True)),
            clusters=int(labels.max()) + 1,
            left_out=int((~known).sum()),
        )

    def _cosines(self, rows: slice) -> Doubles:
        """(b, 3) mean cosine to the profile: of the list, of all candidates, of the nearest."""
        profile = self.likes[rows] @ self.vectors
        length = np.linalg.norm(profile, axis=1, keepdims=True)
        profile = np.where(length > 1e-6, profile / np.maximum(length, 1e-6), np.nan)
        given = self.given[rows]
        known = given @ self.able.astype(np.float32)
        mine = np.einsum("nd,nd->n", given @ self.vectors, profile) / np.where(known, known, np.nan)
        scores = (profile @ self.vectors[self.able].T).astype(np.float32)
        past = self.seen[rows][:, self.able].nonzero()
        scores[past] = 0
        left = self.able.sum() - np.bincount(past[0], minlength=len(scores))
        chance = scores.sum(axis=1, dtype=np.float64) / np.maximum(left, 1)
        scores[past] = -np.inf
        place = known.astype(np.int64) - 1
        return np.column_stack([mine, chance, _mean_of_best(scores, place)])

    def _mix(self, labels: Ints) -> Doubles:
        """(n,) how much nearer than chance the list's shares of clusters come to the likes'."""
        rows = np.flatnonzero(labels >= 0)
        shape = len(labels), int(labels.max()) + 1
        member = sparse.csr_array((np.ones(len(rows)), (rows, labels[rows])), shape=shape)
        liked = (self.likes @ member).toarray()
        given = (self.given @ member).toarray()
        open_to = (member.T @ self.able)[None, :] - (self.seen @ member).toarray()
        rng, size = np.random.default_rng(SEED), max(1, BLOCK // (DRAWS * shape[1]))
        chance = np.zeros(len(liked))
        for at in range(0, len(liked), size):
            block = slice(at, at + size)
            share = np.maximum(open_to[block], 0)
            share /= np.maximum(share.sum(axis=1, keepdims=True), 1)
            length = given[block].sum(axis=1).astype(np.int64)
            drawn = rng.multinomial(length, share, size=(DRAWS, len(share)))
            chance[block] = divergence(liked[block], drawn.astype(np.float64)).mean(axis=0)
        return _scaled(chance - divergence(liked, given), chance)


def _scaled(part: Doubles, whole: Doubles) -> Doubles:
    """The quotient; NaN where the whole is too small to tell anything."""
    return np.where(whole > LEAST, part / np.where(whole > LEAST, whole, 1), np.nan)


def _mean_of_best(scores: Floats, place: Ints) -> Doubles:
    """(n,) mean of the first place + 1 of each row in falling order; NaN where place is -1."""
    most = int(place.max(initial=-1)) + 1
    if most == 0:
        return np.full(len(scores), np.nan)
    top = -np.partition(-scores, most - 1, axis=1)[:, :most]
    totals = (-np.sort(-top, axis=1)).cumsum(axis=1, dtype=np.float64)
    best: Doubles = totals[np.arange(len(top)), place] / np.maximum(place + 1, 1)
    return np.where(place >= 0, best, np.nan)

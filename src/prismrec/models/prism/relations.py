"""The relations that prism adds up: from behaviour, from media, from what users posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.graph.cooccurrence import capped, cooccurrence, product
from prismrec.graph.inverse import dense_gram, regularised_inverse
from prismrec.graph.neighbours import centre_of, knn, prune, unit
from prismrec.graph.normalise import by_row
from prismrec.graph.ridge import ridge
from prismrec.graph.spectral import low_pass
from prismrec.graph.support import support
from prismrec.rankers import Part, Profile
from prismrec.rankers.newcomers import Newcomers
from prismrec.types import Csr, Floats

__all__ = ["Media", "Settings", "behaviour", "media", "profiles"]

WORK = 1 << 31  # item pairs counted at most; above, the longest histories are thinned
BRIDGE = 64  # collaborative factors that media are mapped to
STEP = 50  # neighbours that a step of the walk can reach

# How far a pair counts less in a long history, users added to each item, how far a much used past
# item says less, how far a much used item is held back: corners and middle of what works on very
# different logs. The mixture finds the blend that suits the log at hand.
TOGETHER = (
    (0.5, 20.0, 0.5, 0.2),
    (1.0, 20.0, 0.4, 0.1),
    (0.5, 10.0, 0.8, 0.6),
    (0.5, 20.0, 0.8, 0.0),
    (1.5, 20.0, 0.5, 0.6),
)
ALIKE = {"image": "looks alike", "text": "reads alike", "audio": "sounds alike"}


@dataclass(frozen=True)
class Settings:
    """The fields of the model that relations depend on."""

    neighbours: int  # kept per past item in relations from behaviour
    alike: int  # nearest items by media
    rank: int  # of the spectral part
    l2: float  # of the inverse
    dense_items: int  # up to which the inverse is taken over all items
    half_life: float | None  # days after which a use counts half; None: never
    seed: int


def behaviour(train: Dataset, given: Settings) -> list[Part]:
    """Relations from who used what; n_items x neighbours numbers each."""
    matrix = capped(train.matrix(), WORK, seed=given.seed)
    degree = train.item_support().astype(np.float32)
    counted = [_together(matrix, degree, setting, given.neighbours) for setting in TOGETHER]
    parts = [Part("used together", "behaviour", relation) for relation in counted]
    if given.half_life is not None:
        lately = _faded(train.interactions, matrix, given.half_life)
        recent = support(train.interactions, train.n_items, half_life=given.half_life)
        relation = _together(lately, recent, TOGETHER[1], given.neighbours)
        parts.append(Part("used together lately", "behaviour", relation))
    parts.append(Part("used together at one remove", "behaviour", _two_steps(counted[1], given)))
    parts.append(Part("used together, all else equal", "behaviour", _inverse(matrix, given)))
    left, right = low_pass(matrix, given.rank, seed=given.seed)
    for rank in (left.shape[1], max(1, left.shape[1] // 4)):
        smooth = np.ascontiguousarray(left[:, :rank]), np.ascontiguousarray(right[:, :rank])
        parts.append(Part("same circle", "behaviour", left=smooth[0], right=smooth[1]))
    return parts


def _together(
    matrix: Csr, degree: Floats, setting: tuple[float, float, float, float], top: int
) -> Csr:
    user_power, shrinkage, source, target = setting
    users = degree + np.float32(shrinkage)
    scales = users ** np.float32(-source), users ** np.float32(-target)
    return cooccurrence(matrix, user_power=user_power, scales=scales, top=top)


def _two_steps(together: Csr, given: Settings) -> Csr:
    """From a past item to the items used with those used with it: two steps of a random walk."""
    step = by_row(prune(together, STEP))
    return product(step, step, top=given.neighbours)


def _faded(log: Interactions, matrix: Csr, half_life: float) -> Csr:
    """The matrix with each pair weighted by how fresh its events are on average."""
    if log.time is None or not len(log):
        return matrix
    fresh = np.exp2((log.time - log.time.max()) / (86_400 * half_life)).astype(np.float32)
    pairs = log.users, log.items
    total = sparse.csr_array((fresh, pairs), shape=matrix.shape)
    count = sparse.csr_array((np.ones_like(fresh), pairs), shape=matrix.shape)
    total.data /= count.data
    return sparse.csr_array(total.multiply(matrix))


def _inverse(matrix: Csr, given: Settings) -> Csr:
    """EASE among the items with most users; the others get nothing from it."""
    n = matrix.shape[1]
    degree = np.bincount(matrix.indices, minlength=n)
    chosen = np.sort(np.argsort(-degree, kind="stable")[: given.dense_items])
    chosen = chosen[degree[chosen] > 0]
    if not len(chosen):
        return sparse.csr_array((n, n), dtype=np.float32)
    dense = regularised_inverse(dense_gram(sparse.csr_array(matrix[:, chosen])), given.l2)
    top = np.partition(np.abs(dense), -min(given.neighbours, len(dense)), axis=1)
    floor = top[:, -min(given.neighbours, len(dense))][:, None]
    dense[np.abs(dense) < floor] = 0
    inner = sparse.coo_array(dense)
    places = chosen[inner.row], chosen[inner.col]
    return sparse.csr_array((inner.data, places), shape=(n, n))


@dataclass(frozen=True, eq=False)
class Media:
    """What was read from the media of a catalogue."""

    parts: tuple[Part, ...]
    newcomers: Newcomers
    appeal: Floats  # (n_items,) log-popularity that the media of an item suggest


def media(train: Dataset, given: Settings, popularity: Floats) -> Media:
    """Relations from the media, two per modality, and what makes an item popular.

    Items are alike (nearest neighbours by cosine), and media are mapped by ridge regression to
    the collaborative factors of the log, so that an item nobody used has a place among them.

    Args:
        train: items that the log does not have count as new and teach nothing.
        given: settings.
        popularity: (n_items,) what `appeal` predicts.
    """
    weight = train.item_support().astype(np.float32)
    factors = low_pass(train.matrix(), BRIDGE, seed=given.seed)
    centres = {name: centre_of(feature) for name, feature in train.items.items()}
    vectors = {name: unit(feature, centres[name]) for name, feature in train.items.items()}
    parts, bridges = [], {}
    for name, x in vectors.items():
        near = knn(x, given.alike)
        parts.append(Part(ALIKE.get(name, f"{name} alike"), name, sparse.csr_array(near.T)))
        seen = weight * train.items[name].present
        bridges[name], _ = ridge(x, factors[1], seen)
        taste = x @ bridges[name]
        parts.append(Part(f"{name} to taste", name, left=factors[0], right=taste))
    appeal, slopes, level = _appeal(vectors, popularity, weight)
    newcomers = Newcomers(vectors, centres, bridges, slopes, given.alike, level)
    return Media(tuple(parts), newcomers, appeal)


def _appeal(
    vectors: Mapping[str, Floats], popularity: Floats, weight: Floats
) -> tuple[Floats, dict[str, Floats], float]:
    if not vectors:
        return np.zeros_like(popularity), {}, 0.0
    joined = np.hstack(list(vectors.values()))
    used = (weight > 0).astype(np.float32)
    slope, level = ridge(joined, popularity[:, None], used)
    bounds = np.cumsum([x.shape[1] for x in vectors.values()])[:-1]
    slopes = dict(zip(vectors, np.split(slope[:, 0], bounds), strict=True))
    return (joined @ slope)[:, 0] + level[0], slopes, float(level[0])


def profiles(train: Dataset, newcomers: Newcomers) -> tuple[Profile, ...]:
    """What users posted, next to items of the same modality and encoder."""
    out = []
    for name, feature in train.users.items():
        item = train.items.get(name)
        if item is None or not feature.present.any():
            continue
        if (item.dim, item.encoder) != (feature.dim, feature.encoder):
            continue  # no cosine between vectors of different spaces
        users = unit(feature, centre_of(feature))
        out.append(Profile("close to what you posted", name, users, newcomers.vectors[name]))
    return tuple(out)

"""Prism: the exact sum of relations between items, weighed by what people chose."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from prismrec.data.dataset import Dataset
from prismrec.data.sketch import sketch
from prismrec.data.split import split
from prismrec.errors import BadData
from prismrec.graph.support import support
from prismrec.holdout import HeldOut, hold_out
from prismrec.models.prism.gathering import hidden_items
from prismrec.models.prism.learning import (
    finished,
    levelled,
    share_of_new,
    warm_weights,
    with_new_items,
)
from prismrec.models.prism.relations import Settings, behaviour, media, profiles
from prismrec.rankers import Mixture
from prismrec.train import Training
from prismrec.types import Floats

__all__ = ["Prism"]

SMALL = 2000  # items below which a second thread only waits for the first
LATE = 0.1  # share of the log's events that are held out where the log has times
ENOUGH = 100  # held-out choices that teach something
PEOPLE = 0.25  # share of the users that the latest tenth must speak for
SPANS = (0.5, 0.25, 0.125, 0.0625, 0.03125)  # half-lives tried, as shares of the log's time


@dataclass(frozen=True)
class Prism:
    """Add up what behaviour, media and profiles say, each with the weight that choices give it.

    Parts: co-use in five normalisations and at one remove, a regularised inverse of the item
    counts, a spectral low-pass filter at two ranks, and per modality the nearest items and a
    ridge map from media to collaborative factors; profiles that users posted; a prior, the
    logarithm of time-decayed popularity, for new items read from their media. Each part is
    divided by its largest value for the person; the weights depend on how many users the item has
    and on how well the part tells the person's own history from the rest of the catalogue, and
    are learnt by a conditional logit on choices that were held out: those of `how.valid`, or else
    the latest tenth of train, or else one choice of each user. The weights for new items are
    learnt on items that are hidden from the log for that purpose.

    Relations: `item-knn`, `ease` and `content-knn` are single parts of it. MM-GF (arXiv
    2503.04406) adds up modality graphs with weights from a grid; SGFCF filters only behaviour.
    Unlike a stacked ranker the sum stays linear in the history, so that a score is taken apart
    exactly into modality and past item, and strangers and new items need no refit.
    """

    neighbours: int = 256  # relations kept per past item in the parts from behaviour
    alike: int = 50  # nearest items by media
    rank: int = 256  # of the spectral part
    l2: float = 300.0  # of the regularised inverse
    dense_items: int = 8000  # items with most users that the regularised inverse covers
    gates: bool = True  # whether a person's history sets the balance of the parts
    half_life: float | None = None  # days after which a use counts half; None: chosen

    def __post_init__(self) -> None:
        for name in ("neighbours", "alike", "rank"):
            if getattr(self, name) < 1:
                raise BadData(f"prism: {name} must be 1 or more, not {getattr(self, name)}")
        for name in ("l2", "half_life"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise BadData(f"prism: {name} must be above 0, not {value:g}")

    def fit(self, train: Dataset, how: Training = Training()) -> Mixture:
        """Relations from train, weights from held-out choices."""
        threads = 1 if train.n_items < SMALL else None
        with threadpool_limits(threads, user_api="blas"):
            return self._fit(train, how)

    def _fit(self, train: Dataset, how: Training) -> Mixture:
        held, later = _held_out(train, how)
        given = self._settings(train, held, how.seed)
        base = relate(held.train, given)
        found = warm_weights(base, held, gates=self.gates, seed=how.seed)
        if train.items:
            hidden = hidden_items(held.train, seed=how.seed)
            blind = relate(hidden.train, given, new=True)
            found = with_new_items(found, base, blind=blind, hidden=hidden, gates=self.gates)
        found = levelled(found, base, held, share=share_of_new(held.train, later))
        final = base if held.train is train else relate(train, given)
        about = {"model": "prism", **asdict(self), **asdict(given), "fitted_on": sketch(train)}
        return finished(final, found, about)

    def _settings(self, train: Dataset, held: HeldOut, seed: int) -> Settings:
        fields = asdict(self)
        del fields["gates"]
        if self.half_life is None or train.interactions.time is None:
            fields["half_life"] = _half_life(held)
        return Settings(**fields, seed=seed)


def relate(train: Dataset, given: Settings, *, new: bool = False) -> Mixture:
    """All relations of a log and its media, without weights.

    Args:
        train: where from.
        given: settings.
        new: whether only what can speak of new items is wanted.
    """
    used = support(train.interactions, train.n_items)
    prior = np.log1p(support(train.interactions, train.n_items, half_life=given.half_life))
    read = media(train, given, prior)
    prior = np.where(used > 0, prior, read.appeal).astype(np.float32)
    parts = (*(() if new else behaviour(train, given)), *read.parts)
    profiled = profiles(train, read.newcomers)
    none = np.zeros((len(parts) + len(profiled), 3), np.float32)
    return Mixture(parts, none, none, prior, used, profiles=profiled, newcomers=read.newcomers)


def _held_out(train: Dataset, how: Training) -> tuple[HeldOut, Dataset | None]:
    """Choices of items with a history, and the later log that they come from, if any.

    Those in valid; without it the latest tenth of the log; where that speaks for too few people,
    as where people come for one evening only, any one choice of each.
    """
    early, later = train, how.valid
    if later is None and _span(train) > 0:
        early, later, _ = split(train, "time", valid=LATE, test=0.0)
    if later is not None and len(later.interactions):
        held = hold_out(early, replace(how, valid=later))
        warm = (early.item_support()[held.choices.values] > 0).sum()
        few = how.valid is None and len(held) < train.n_users * PEOPLE
        if warm >= ENOUGH and not few:
            return held, later
    timeless = train.with_interactions(replace(train.interactions, time=None))
    return hold_out(timeless, replace(how, valid=None)), how.valid


def _span(data: Dataset) -> float:
    """Days from the first event to the last; 0 where the log has no times."""
    time = data.interactions.time
    return float(time.max() - time.min()) / 86_400 if time is not None and len(time) else 0.0


def _half_life(held: HeldOut) -> float | None:
    """Days after which a use counts half: what ranks the held-out choices best by itself."""
    log, span = held.train.interactions, _span(held.train)
    if span == 0 or len(held) < ENOUGH:
        return None
    tried: dict[float | None, float] = {}
    for half_life in (None, *(span * share for share in SPANS)):
        tried[half_life] = _gain(held, support(log, held.train.n_items, half_life=half_life))
    return max(tried, key=lambda half_life: tried[half_life])


def _gain(held: HeldOut, popularity: Floats) -> float:
    return held.gain(lambda history: np.tile(popularity, (history.shape[0], 1)))

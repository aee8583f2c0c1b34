"""How prism learns its weights: held-out choices in, a weight per source and bucket out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.holdout import HeldOut
from prismrec.models.prism.gathering import gather
from prismrec.models.prism.logit import Choices, Weights, fit_weights, level
from prismrec.rankers import Mixture
from prismrec.rankers.mixture import bucket_of

__all__ = ["finished", "levelled", "share_of_new", "warm_weights", "with_new_items"]

PRIOR = 10.0  # choices that the estimate from items used once counts as


def warm_weights(relations: Mixture, held: HeldOut, *, gates: bool, seed: int) -> Weights:
    """Weights for rare and for well known items, from choices among items with a history."""
    used = np.flatnonzero(relations.support > 0)
    choices = gather(relations, held, used, seed=seed)
    return _learnt(choices, n_buckets=3, gates=gates)


def _learnt(choices: Choices, *, n_buckets: int, gates: bool) -> Weights:
    """Weights of 2 m + 1 rows of evidence; those of the gates are 0 where none are wanted."""
    if gates:
        return fit_weights(choices, n_buckets=n_buckets)
    m = len(choices.evidence) // 2
    plain = np.concatenate([choices.evidence[:m], choices.evidence[-1:]])
    found = fit_weights(replace(choices, evidence=plain), n_buckets=n_buckets)
    none = np.zeros((m, n_buckets), np.float32)
    by_bucket = np.concatenate([found.by_bucket[:m], none, found.by_bucket[-1:]])
    return replace(found, by_bucket=by_bucket)


def with_new_items(
    warm: Weights, relations: Mixture, *, blind: Mixture, hidden: HeldOut, gates: bool
) -> Weights:
    """The same with the weights of new items learnt on items that are hidden from the log.

    Args:
        warm: weights of the other buckets.
        relations: what the weights are for.
        blind: those of its relations that speak of new items, from the log without hidden items.
        hidden: choices of hidden items.
        gates: whether a person's history may set the balance.
    """
    choices = gather(blind, hidden, np.unique(hidden.choices.values))
    found = _learnt(choices, n_buckets=1, gates=gates)
    m = len(relations.sources)
    rows = np.flatnonzero([source.modality != "behaviour" for source in relations.sources])
    by_bucket = warm.by_bucket.copy()
    by_bucket[:, 0] = 0
    by_bucket[np.concatenate([rows, m + rows, [-1]]), 0] = found.by_bucket[:, 0]
    return replace(warm, by_bucket=by_bucket)


def levelled(found: Weights, relations: Mixture, held: HeldOut, *, share: float) -> Weights:
    """The same with the constant under which new items are chosen as often as `share` says."""
    if not len(held) or (relations.support > 0).all():
        return found
    choices = gather(relations, held, np.arange(relations.n_items), most=1000)
    constant = found.constant.copy()
    constant[0] = level(choices, found, bucket=0, share=share)
    return replace(found, constant=constant)


def share_of_new(train: Dataset, later: Dataset | None) -> float:
    """Share of choices that fall on items without a history, 0 to 1.

    Where there is a later log, what is seen there; it is drawn towards the share of events whose
    item was used once, which estimates the chance of something unseen (Good 1953).
    """
    support = train.item_support()
    estimate = float((support == 1).sum()) / max(1, int(support.sum()))
    if later is None or not len(later.interactions):
        return estimate
    new = support[later.interactions.items] == 0
    return float((new.sum() + PRIOR * estimate) / (len(new) + PRIOR))


def finished(relations: Mixture, found: Weights, about: Mapping[str, Any]) -> Mixture:
    """Relations with their weights; the prior is weighted for good."""
    m = len(relations.sources)
    slope, constant = found.by_bucket[-1], found.constant
    bucket = bucket_of(relations.support)
    newcomers = relations.newcomers
    return replace(
        relations,
        weights=found.by_bucket[:m],
        gates=found.by_bucket[m : 2 * m],
        prior=slope[bucket] * relations.prior + constant[bucket],
        newcomers=newcomers and newcomers.scaled(float(slope[0]), float(constant[0])),
        about=about,
    )

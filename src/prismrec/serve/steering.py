"""Steering: scores in which modalities weigh more or less than the model lets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from prismrec.errors import BadData
from prismrec.explain.shares import POPULARITY
from prismrec.rankers import Mixture
from prismrec.serve.live import Live, Whom
from prismrec.types import Doubles, Floats

__all__ = ["checked", "modalities", "reweighed", "steered"]


def modalities(live: Live) -> tuple[str, ...]:
    """What can be weighed: the modalities of a sum or of the vectors, and popularity."""
    sources = _sources(live.ranker)
    if sources is None:
        return (*live.vectors.spaces, POPULARITY)
    names = [source.modality for source in sources]
    rest = [] if rest_of(live.ranker) is None else [POPULARITY]
    return tuple(dict.fromkeys([*names, *rest]))


def checked(live: Live, weights: Mapping[str, float]) -> dict[str, float]:
    """The weights that are not 1.

    Raises:
        BadData: for a name that cannot be weighed, and a weight that is no number from 0.
    """
    known = modalities(live)
    for name, weight in weights.items():
        if name not in known:
            there = ", ".join(known) or "nothing"
            raise BadData(f"no modality {name!r} can be weighed; of this model: {there}")
        if not (np.isfinite(weight) and weight >= 0):
            raise BadData(f"the weight of {name} must be a number from 0, not {weight:g}")
    return {name: weight for name, weight in weights.items() if weight != 1}


def steered(live: Live, whom: Whom, weights: Mapping[str, float], *, used: Doubles) -> Floats:
    """(n_items,) scores of the ranker's rows; NaN where it has no opinion.

    Where the score is a sum, the parts are multiplied. Elsewhere the likeness of an item to the
    history is added, weight - 1 times, in standard deviations of the score.

    Args:
        live: the model.
        whom: one person.
        weights: those that are not 1, see `checked`.
        used: events of each row of the catalogue.
    """
    if not weights:
        scores: Floats = whom.ranker.score(whom.query)[0]
        return scores
    if isinstance(whom.ranker, Mixture):
        return steered(live, replace(whom, ranker=reweighed(whom.ranker, weights)), {}, used=used)
    if _sources(live.ranker) is None:
        return _leaning(live, whom, weights, used=used)
    rest = rest_of(live.ranker)
    total = np.zeros(live.ranker.n_items, np.float32)
    if rest is not None:
        total += np.float32(weights.get(POPULARITY, 1.0)) * rest
    for source, adds in live.ranker.contributions(whom.query):
        if (weight := weights.get(source.modality, 1.0)) != 0:
            total += np.float32(weight) * adds[0]
    opinion = getattr(getattr(live.ranker, "weights", live.ranker), "has_opinion", None)
    if opinion is not None:
        total[~opinion] = np.nan
    return total


def reweighed(ranker: Any, weights: Mapping[str, float]) -> Any:
    """A mixture whose sources and prior count so many times; any other ranker as it is."""
    if not weights or not isinstance(ranker, Mixture):
        return ranker
    named = [weights.get(source.modality, 1.0) for source in ranker.sources]
    factors = np.array(named, np.float32)[:, None]
    prior = ranker.prior * np.float32(weights.get(POPULARITY, 1.0))
    return replace(
        ranker, weights=ranker.weights * factors, gates=ranker.gates * factors, prior=prior
    )


def rest_of(ranker: Any) -> Floats | None:
    """(n_items,) what a sum adds for everybody; None where it adds nothing."""
    rest: Floats | None = getattr(ranker, "prior", None)
    return getattr(ranker, "bias", None) if rest is None else rest


def _sources(ranker: Any) -> tuple[Any, ...] | None:
    """What a sum over past items is made of; None for a ranker that is no such sum."""
    if not hasattr(ranker, "contributions"):
        return None
    whole = ranker.weights if hasattr(ranker, "spaces") else ranker
    found: tuple[Any, ...] = getattr(whole, "sources", None) or whole.parts
    return found


def _leaning(live: Live, whom: Whom, weights: Mapping[str, float], *, used: Doubles) -> Floats:
    scores: Floats = whom.ranker.score(whom.query)[0].astype(np.float32)
    known = np.isfinite(scores)
    spread = float(scores[known].std()) if known.any() else 0.0
    rows = live.catalogue_of
    leanings: dict[str, Any] = dict(live.vectors.likeness(whom.past.rows, whom.past.weight))
    leanings[POPULARITY] = np.log1p(used)
    for name, weight in weights.items():
        if name in leanings:
            inside = (rows >= 0) & (rows < len(leanings[name]))
            found = np.full(len(rows), np.nan)
            found[inside] = leanings[name][rows[inside]]
            scores += np.float32((weight - 1) * spread) * _standard(found)
    return scores


def _standard(values: Doubles) -> Floats:
    """Values in standard deviations from their mean; 0 where there is none."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), np.float32)
    spread = values[known].std() or 1.0
    out = np.where(known, (values - values[known].mean()) / spread, 0)
    return np.asarray(out, np.float32)

"""Adding: what the scores of some items are made of, exactly and all items at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prismrec.explain.shares import POPULARITY
from prismrec.rankers import ItemWeights, Mixture, Part, Query
from prismrec.serve.live import Live, Whom
from prismrec.serve.shortlist import Blend
from prismrec.serve.shortlist.voices import Entries
from prismrec.types import Floats, Ints

__all__ = ["Made", "between", "made_of"]


@dataclass(frozen=True, eq=False)
class Made:
    """What past items and the rest add to the scores of k items, by modality."""

    names: tuple[str, ...]  # (m,) modalities
    past: Ints  # (h,) rows of the ranker, each once
    values: Floats  # (m, h, k)
    apart: Floats  # (m, k) what the person posted, and what is added for everybody


def made_of(live: Live, whom: Whom, places: Ints) -> Made | None:
    """What the scores of some rows of the ranker are made of; None where they are no sum.

    It is what `explain_items` tells, in arrays and in one pass over each relation.
    """
    ranker = live.ranker
    if hasattr(ranker, "spaces"):
        ranker = ranker.weights
    if isinstance(ranker, Mixture):
        return _mixed(live, ranker, whom.query, places=places)
    if isinstance(ranker, ItemWeights):
        history = whom.query.matrix(ranker.n_items, binary=not ranker.weighted)
        past = history.indices.astype(np.int64)
        parts = [between(part, past, places) * history.data[:, None] for part in ranker.parts]
        bias = np.zeros(ranker.n_items, np.float32) if ranker.bias is None else ranker.bias
        apart = np.zeros((len(parts), len(places)), np.float32)
        return _gathered(ranker.parts, past, parts, apart=apart, rest=bias[places])
    return None


def between(part: Part, past: Ints, items: Ints, *, known: Entries | None = None) -> Floats:
    """(h, k) entries of a relation from h past items to k items.

    `known` are the entries in the rows of the past, where they were read before.
    """
    if part.left is not None and part.right is not None:
        return np.asarray(part.left[past] @ part.right[items].T, np.float32)
    given: Any = part.given
    if isinstance(given, np.ndarray):
        return np.asarray(given[np.ix_(past, items)], np.float32)
    entries = Entries.of(given, past) if known is None else known
    distinct, column = np.unique(items, return_inverse=True)
    place = np.full(part.n_items, -1, np.int32)
    place[distinct] = np.arange(len(distinct), dtype=np.int32)
    found = place[entries.columns]
    hit = np.flatnonzero(found >= 0)
    row = np.searchsorted(entries.lengths.cumsum(), hit, "right")
    out = np.zeros((len(past), len(distinct)), np.float32)
    np.add.at(out, (row, found[hit]), entries.data[hit])
    return out[:, column]


def _mixed(live: Live, ranker: Mixture, query: Query, *, places: Ints) -> Made:
    history = ranker.history(query)
    past, strength = history.indices.astype(np.int64), history.data
    nothing = np.zeros((len(past), len(places)), np.float32)
    parts = [nothing] * len(ranker.sources)
    apart = np.zeros((len(ranker.sources), len(places)), np.float32)
    user = int(query.users[0])
    for row, told in _voices(live.shortlist, ranker, query).items():
        coherence = np.array([told.coherence], np.float32)
        factors = ranker.coefficients(row, coherence, places)[0] / told.scale
        source = ranker.sources[row]
        if isinstance(source, Part):
            parts[row] = (
                between(source, past, places, known=told.entries) * strength[:, None] * factors
            )
        elif user >= 0:
            apart[row] = source.items[places] @ source.users[user] * factors
    return _gathered(ranker.sources, past, parts, apart=apart, rest=ranker.prior[places])


@dataclass(frozen=True)
class _Voice:
    """Of a source that counts."""

    scale: float  # what it is divided by
    coherence: float  # of the history in it
    entries: Entries | None = None


def _voices(drawing: Any, ranker: Mixture, query: Query) -> dict[int, _Voice]:
    if isinstance(drawing, Blend):
        said = drawing.said(query)  # remembered since the list was drawn
        return {row: _Voice(e.scale, e.coherence, e.entries) for row, e in said.items()}
    told = enumerate(ranker.evidence(query))
    return {row: _Voice(float(each.scale[0]), float(each.coherence[0])) for row, each in told}


def _gathered(
    sources: Sequence[Any], past: Ints, parts: Sequence[Floats], *, apart: Floats, rest: Floats
) -> Made:
    """Sources of one modality together."""
    names = tuple(dict.fromkeys([*(source.modality for source in sources), POPULARITY]))
    values = np.zeros((len(names), len(past), len(rest)), np.float32)
    others = np.zeros((len(names), len(rest)), np.float32)
    for source, part, posted in zip(sources, parts, apart, strict=True):
        values[names.index(source.modality)] += part
        others[names.index(source.modality)] += posted
    others[names.index(POPULARITY)] += rest
    return Made(names, past, values, others)

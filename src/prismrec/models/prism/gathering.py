"""Held-out choices with the evidence for them and for items that were passed over."""

from __future__ import annotations

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.jagged import Jagged
from prismrec.holdout import HeldOut
from prismrec.models.prism.logit import Choices
from prismrec.rankers import Mixture, Query
from prismrec.rankers.mixture import bucket_of
from prismrec.types import Bools, Floats, Ints

__all__ = ["gather", "hidden_items"]

OTHERS = 500  # items that a choice is compared with
BLOCK = 1 << 22  # scores held at once
HIDDEN = 0.2  # share of the used items that play new items


def gather(
    relations: Mixture, held: HeldOut, pool: Ints, *, most: int = 4000, seed: int = 0
) -> Choices:
    """The evidence for what was chosen and for others that are drawn uniformly from a pool.

    Uniform draws matter: others that the relations themselves rank high would turn the weights
    upside down.

    Args:
        relations: m sources.
        held: choices; those outside the pool are left out.
        pool: items to choose among.
        most: choices that are used.
        seed: of the draws.

    Returns:
        2 m + 1 rows of evidence: of each source, the same times the person's coherence, the prior.
    """
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero(np.isin(held.choices.values, pool))
    kept = np.sort(rng.permutation(kept)[:most])
    people, n = held.choices.rows[kept], min(OTHERS, len(pool))
    drawn = pool[rng.integers(0, max(1, len(pool)), (len(kept), n))]
    items = np.hstack([held.choices.values[kept][:, None], drawn])
    evidence = np.empty((2 * len(relations.sources) + 1, *items.shape), np.float32)
    evidence[-1] = relations.prior[items]
    stands_for = np.ones(items.shape, np.float32)
    size = max(1, BLOCK // max(1, relations.n_items))
    for start in range(0, len(held), size):
        block = np.arange(start, min(start + size, len(held)), dtype=np.int64)
        here = np.flatnonzero((people >= start) & (people <= block[-1]))
        if len(here):
            query, rows = held.query.take(block), people[here] - start
            evidence[:-1, here] = _evidence(relations, query, rows, items[here])
            known = _known(query.history, held.choices.take(block), relations.n_items)
            free = ~known[rows[:, None], drawn[here]]
            stands_for[here, 1:] = free * np.float32(len(pool) / max(1, n))
    weight = 1 / np.bincount(people, minlength=len(held))[people] if len(kept) else np.empty(0)
    bucket = bucket_of(relations.support)[items]
    return Choices(evidence, bucket, stands_for, weight.astype(np.float32))


def _evidence(relations: Mixture, query: Query, rows: Ints, items: Ints) -> Floats:
    """(2 m, n, c) evidence of each source, then the same times the coherence."""
    plain, gated = [], []
    for found in relations.evidence(query):
        scores = found.scores[rows[:, None], items]
        plain.append(scores)
        gated.append(scores * found.coherence[rows, None])
    return np.stack([*plain, *gated])


def _known(history: Jagged, choices: Jagged, n_items: int) -> Bools:
    """(n, n_items) what may not play an item that was passed over."""
    known = np.zeros((len(history), n_items), bool)
    known[history.rows, history.values] = True
    known[choices.rows, choices.values] = True
    return known


def hidden_items(train: Dataset, *, most: int = 4000, seed: int = 0) -> HeldOut:
    """A log in which some used items were never used, and the choices of them that were cut out."""
    rng = np.random.default_rng(seed)
    matrix = train.matrix()
    used = np.unique(matrix.indices)
    hidden = rng.permutation(used)[: max(1, int(len(used) * HIDDEN))]
    cut = np.isin(train.interactions.items, hidden)
    rest = train.with_interactions(train.interactions.take(~cut))
    log = train.interactions.take(cut)
    pairs = np.unique(log.users * train.n_items + log.items)
    users, items = pairs // train.n_items, pairs % train.n_items
    keep = np.isin(users, np.unique(rest.interactions.users))
    people = rng.permutation(np.unique(users[keep]))[:most]
    keep &= np.isin(users, people)
    people = np.unique(users[keep])
    choices = Jagged.group(np.searchsorted(people, users[keep]), items[keep], len(people))
    return HeldOut(rest, Query.of(rest, people), choices)

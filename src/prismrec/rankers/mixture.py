"""Mixture: a weighted sum of relations in which each person's history sets the balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from prismrec import saving
from prismrec.data.features import Feature
from prismrec.errors import BadModel
from prismrec.rankers.item_weights import count_new
from prismrec.rankers.newcomers import Newcomers
from prismrec.rankers.parts import Part, parts_from_arrays, parts_to_arrays
from prismrec.rankers.profile import Profile
from prismrec.rankers.query import Query
from prismrec.rankers.shares import Shares
from prismrec.types import Csr, Floats, Ints

__all__ = ["BUCKETS", "Evidence", "Mixture", "bucket_of"]

BUCKETS = (1, 6)  # users of an item from which it counts as rare, and as well known
TINY = np.float32(1e-9)
LEAST = 1e-4  # coherence below is none


def bucket_of(support: Floats) -> Ints:
    """(n_items,) 0 for an item that nobody used, 1 for a rare one, 2 for the others."""
    return np.digitize(support, BUCKETS).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one part says about n people."""

    scores: Floats  # (n, n_items), 1 for the best item that is not in the history
    scale: Floats  # (n,) what the scores were divided by
    coherence: Floats  # (n,) how well the part tells the history from the rest, 0 to 1

    @classmethod
    def of(cls, scores: Floats, history: Csr) -> Evidence:
        """Bring raw scores (n, n_items) to one scale, in place.

        In a sparse relation, zero on its diagonal, a past item speaks of the others only.
        Coherence is z^2 / (1 + z^2), z being how many standard deviations of the catalogue the past
        items lie above its mean; 0 where they lie below, or where there is only one.
        """
        n = np.diff(history.indptr)
        rows = np.repeat(np.arange(len(scores)), n)
        own = scores[rows, history.indices]
        mean, spread = scores.mean(axis=1), scores.std(axis=1)
        lift = np.bincount(rows, own, minlength=len(scores)) / np.maximum(n, 1) - mean
        z = np.where(n > 1, np.maximum(lift, 0), 0) / (spread + TINY)
        scores[rows, history.indices] = 0
        scale = np.maximum(scores.max(axis=1, initial=0), -scores.min(axis=1, initial=0))
        scale = np.maximum(scale, TINY).astype(np.float32)
        scores[rows, history.indices] = own
        scores /= scale[:, None]
        coherence = z**2 / (1 + z**2)
        coherence[coherence < LEAST] = 0  # products with tiny numbers are a hundred times slower
        return cls(scores, scale, coherence.astype(np.float32))


@dataclass(frozen=True, eq=False)
class Mixture:
    """Score = prior_j + sum over parts of (weight + gate x coherence of the person) x evidence.

    The evidence of a part is `history @ relation`, divided by its largest value among the items
    that the person has not used; weights and gates depend on how many users the item has. A
    person whose past items look alike is thus ranked by looks, one whose past items sound alike
    by sound. For one person the score is linear in the history, so it is an exact sum over parts
    and past items. Known users and strangers are treated alike, but for profiles, which only
    known users have; without either the prior decides.
    """

    kind: ClassVar[str] = "mixture"

    parts: tuple[Part, ...]
    weights: Floats  # (len(parts) + len(profiles), 3) by bucket of the item's support
    gates: Floats  # of the same shape: added per unit of coherence
    prior: Floats  # (n_items,) what is added for everybody
    support: Floats  # (n_items,) users of each item
    half_life: float | None = None  # days after which a past item counts half; None: never
    profiles: tuple[Profile, ...] = ()  # what users posted, related to items
    newcomers: Newcomers | None = None  # relates items that come later by their media
    about: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters, for the manifest

    def __post_init__(self) -> None:
        if any(part.n_items != self.n_items for part in self.parts):
            raise BadModel("the parts of a mixture must speak of the same items as its prior")
        if self.half_life is not None and not self.half_life > 0:
            raise BadModel(f"half_life must be above 0 days, not {self.half_life:g}")

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.prior)

    @property
    def sources(self) -> tuple[Part | Profile, ...]:
        """Parts and profiles, in the order of the weights."""
        return (*self.parts, *self.profiles)

    def history(self, query: Query) -> Csr:
        """(n, n_items) what each person used, older items counting less."""
        return query.matrix(self.n_items, half_life=self.half_life)

    def evidence(self, query: Query) -> Iterator[Evidence]:
        """What each source says, one after the other; each holds n x n_items numbers."""
        history = self.history(query)
        for part in self.parts:
            yield Evidence.of(part.apply(history), history)
        for profile in self.profiles:
            yield Evidence.of(profile.apply(query), history)

    def coefficients(self, row: int, coherence: Floats, items: Ints | None = None) -> Floats:
        """(n, n_items) what the evidence of source `row` is multiplied by."""
        by_bucket = self.weights[row] + np.outer(coherence, self.gates[row])
        buckets = self._buckets if items is None else self._buckets[items]
        return np.asarray(by_bucket[:, buckets], np.float32)

    @cached_property
    def _buckets(self) -> Ints:
        return bucket_of(self.support)

    def score(self, query: Query) -> Floats:
        """(n, n_items) float32, higher is better."""
        total = np.tile(self.prior, (len(query), 1))
        for _, adds in self.contributions(query):
            total += adds
        return total

    def contributions(self, query: Query) -> Iterator[tuple[Part | Profile, Floats]]:
        """What each source adds to the scores (n, n_items); with the prior they add up to these."""
        for row, evidence in enumerate(self.evidence(query)):
            yield self.sources[row], evidence.scores * self.coefficients(row, evidence.coherence)

    def shares(self, query: Query, items: Ints) -> list[Shares]:
        """The exact share of each source and past item in the scores of some items.

        Args:
            query: one person.
            items: (k,) what to explain.
        """
        history = self.history(query)
        past = history.indices.astype(np.int64)
        strength = history.data.astype(np.float64)
        values = np.zeros((len(items), len(self.sources), len(past)))
        posted = np.zeros((len(items), len(self.sources)))
        for row, evidence in enumerate(self.evidence(query)):
            factors = self.coefficients(row, evidence.coherence, items)[0].astype(np.float64)
            if row < len(self.parts):
                factors /= evidence.scale[0]
                for k, item in enumerate(items):
                    values[k, row] = self.parts[row].between(past, item) * strength * factors[k]
            else:
                posted[:, row] = evidence.scores[0, items] * factors
        return [
            Shares(self.sources, past, values[k], posted[k], float(self.prior[item]))
            for k, item in enumerate(items)
        ]

    def with_items(
        self, items: Mapping[str, Feature], *, ids: Sequence[str] | None = None
    ) -> Mixture:
        """This ranker with new items appended, related to the others by their media alone.

        Args:
            items: modality -> features of the new items only; one that is left out is missing.
            ids: their identifiers, which say how many there are where no item has features.
        """
        n = count_new(items, ids)
        newcomers = self.newcomers or Newcomers()
        vectors = newcomers.vectors_of(items, n)
        return replace(
            self,
            parts=tuple(newcomers.extended(part, vectors, n) for part in self.parts),
            profiles=tuple(newcomers.extended_profile(p, vectors, n) for p in self.profiles),
            prior=np.concatenate([self.prior, newcomers.prior(vectors, n)]),
            support=np.pad(self.support, (0, n)),
            newcomers=newcomers.joined(vectors),
        )

    def save(self, path: str | Path) -> None:
        """Write a folder that `prismrec.load` reads."""
        saving.save(self, path)

    def to_arrays(self) -> tuple[dict[str, saving.Array], dict[str, Any]]:
        """What `from_arrays` needs to build an equal ranker."""
        arrays, parts = parts_to_arrays(self.parts)
        for name in ("weights", "gates", "prior", "support"):
            arrays[name] = getattr(self, name)
        for row, profile in enumerate(self.profiles):
            arrays[f"profiles.{row}.users"] = profile.users
            arrays[f"profiles.{row}.items"] = profile.items
        if self.newcomers is not None:
            arrays |= self.newcomers.to_arrays()
        profiles = [{"name": p.name, "modality": p.modality} for p in self.profiles]
        meta = {"parts": parts, "profiles": profiles, "half_life": self.half_life}
        return arrays, meta | {"about": dict(self.about)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, saving.Array], meta: Mapping[str, Any]) -> Mixture:
        """The ranker that `to_arrays` took apart."""
        profiles = tuple(
            Profile(
                given["name"],
                given["modality"],
                arrays[f"profiles.{row}.users"],
                arrays[f"profiles.{row}.items"],
            )
            for row, given in enumerate(meta["profiles"])
        )
        return cls(
            parts_from_arrays(arrays, meta["parts"]),
            arrays["weights"],
            arrays["gates"],
            arrays["prior"],
            arrays["support"],
            half_life=meta["half_life"],
            profiles=profiles,
            newcomers=Newcomers.from_arrays(arrays),
            about=meta["about"],
        )

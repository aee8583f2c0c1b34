"""Newcomers: what is kept of the media, so that items that come later are related to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.graph.neighbours import centre_of, knn, unit
from prismrec.graph.normalise import by_row
from prismrec.rankers.growing import appended, bordered
from prismrec.rankers.parts import Part
from prismrec.rankers.profile import Profile
from prismrec.types import Bools, Csr, Floats

__all__ = ["Newcomers"]


@dataclass(frozen=True, eq=False)
class Newcomers:
    """Media of the items that a model knows, and what it learnt to read from media."""

    vectors: Mapping[str, Floats] = field(default_factory=dict)  # modality -> (n_items, d) unit
    centres: Mapping[str, Floats] = field(default_factory=dict)  # (d,) subtracted before
    bridges: Mapping[str, Floats] = field(default_factory=dict)  # (d, r) to `right` of a part
    appeal: Mapping[str, Floats] = field(default_factory=dict)  # (d,) to the prior of a new item
    neighbours: int = 50  # of an item in a similarity
    level: float = 0.0  # prior of a new item of which nothing is known

    def vectors_of(self, items: Mapping[str, Feature], n: int) -> dict[str, Floats]:
        """Unit rows of n new items for every modality that is known; zero where absent.

        Raises:
            BadData: for a modality of another dimension, and one of another encoder, that is.
        """
        out = {}
        for name, centre in self.centres.items():
            feature = items.get(name)
            if feature is None:
                out[name] = np.zeros((n, len(centre)), np.float32)
                continue
            if feature.dim != len(centre):
                raise BadData(
                    f"new items have {name} vectors of {feature.dim} dimensions, the model was "
                    f"fitted on {len(centre)}; encode them with the same encoder"
                )
            out[name] = unit(feature, centre)
        return out

    @classmethod
    def of(cls, items: Mapping[str, Feature], *, neighbours: int = 10) -> Newcomers | None:
        """What to keep of a catalogue so that new items find their place; None without media."""
        centres = {name: centre_of(feature) for name, feature in items.items()}
        vectors = {name: unit(feature, centres[name]) for name, feature in items.items()}
        return cls(vectors, centres, neighbours=neighbours) if items else None

    def near(self, vectors: Mapping[str, Floats], n: int, known: Bools) -> Csr:
        """(n, n_items) shares of the known items that new ones are most similar to.

        Each modality names its nearest; the similarities are added up and each row made to sum
        to 1. A new item without any media has an empty row.

        Args:
            vectors: unit rows of n new items, by modality.
            n: how many there are.
            known: (n_items,) which items have a place.
        """
        total = sparse.csr_array((n, len(known)), dtype=np.float32)
        for name, new in vectors.items():
            there = self.vectors[name]
            if not known.all():
                there = np.where(known[:, None], there, np.float32(0))
            total = total + knn(there, self.neighbours, of=new)
        return by_row(sparse.csr_array(total))

    def extended(self, part: Part, vectors: Mapping[str, Floats], n: int) -> Part:
        """A part with n new items: neighbours by media, or factors read from media."""
        if n == 0 or part.modality not in vectors:
            return part.extended(n)
        new = vectors[part.modality]
        if part.left is not None and part.right is not None:
            right = appended(part.right, new @ self.bridges[part.modality])
            nothing = np.zeros((n, part.left.shape[1]), np.float32)
            left = appended(part.left, nothing)  # as past items they say nothing yet
            return Part(part.name, part.modality, left=left, right=right)
        near = knn(self.vectors[part.modality], self.neighbours, of=new)  # (n, n_items)
        return Part(part.name, part.modality, bordered(sparse.csr_array(part.given), near))

    def extended_profile(self, profile: Profile, vectors: Mapping[str, Floats], n: int) -> Profile:
        """A profile with n new items."""
        dim = profile.items.shape[1]
        new = vectors.get(profile.modality, np.zeros((n, dim), np.float32))
        return replace(profile, items=appended(profile.items, new))

    def prior(self, vectors: Mapping[str, Floats], n: int) -> Floats:
        """(n,) what new items get for everybody: how well liked items with such media are."""
        total = np.full(n, self.level, np.float32)
        for name, slope in self.appeal.items():
            total += vectors[name] @ slope
        return total

    def scaled(self, slope: float, constant: float) -> Newcomers:
        """The same with the prior of new items brought to the scale of the scores."""
        appeal = {name: value * np.float32(slope) for name, value in self.appeal.items()}
        return replace(self, appeal=appeal, level=self.level * slope + constant)

    def joined(self, vectors: Mapping[str, Floats]) -> Newcomers:
        """The same with the new items among the known ones."""
        return replace(
            self,
            vectors={name: appended(old, vectors[name]) for name, old in self.vectors.items()},
        )

    def to_arrays(self) -> dict[str, Any]:
        """Flat arrays for saving."""
        scalars = np.array([self.neighbours, self.level], np.float64)
        out: dict[str, Any] = {"newcomers.scalars": scalars}
        for group in ("vectors", "centres", "bridges", "appeal"):
            for name, array in getattr(self, group).items():
                out[f"newcomers.{group}.{name}"] = array
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Newcomers | None:
        """What `to_arrays` flattened; None where it is not there."""
        if "newcomers.scalars" not in arrays:
            return None
        groups: dict[str, dict[str, Floats]] = {
            group: {} for group in ("vectors", "centres", "bridges", "appeal")
        }
        for key, array in arrays.items():
            if key.startswith("newcomers.") and key != "newcomers.scalars":
                _, group, name = key.split(".", 2)
                groups[group][name] = array
        neighbours, level = arrays["newcomers.scalars"]
        return cls(**groups, neighbours=int(neighbours), level=float(level))

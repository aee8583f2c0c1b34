"""Vectors of the catalogue's media: a matrix per modality that grows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.types import Bools, Doubles, Floats, Ints

__all__ = ["Space", "Vectors"]

SHORTEST = np.float32(1e-12)


@dataclass(frozen=True, eq=False)
class Space:
    """One modality: where the first n rows of the catalogue lie."""

    values: Floats  # (n, d) zero where absent
    present: Bools  # (n,)
    lengths: Floats  # (n,) of the rows after the centre is subtracted
    centre: Floats  # (d,) mean of the rows that were there first
    encoder: str  # fingerprint of what made them

    def __len__(self) -> int:
        return len(self.present)

    def has(self, rows: Ints) -> Bools:
        """(k,) which rows of the catalogue have this modality."""
        inside = (rows >= 0) & (rows < len(self))
        out = np.zeros(len(rows), bool)
        out[inside] = self.present[rows[inside]]
        return out

    def units(self, rows: Ints) -> Floats:
        """(k, d) unit vectors of some rows around the centre; zero where absent."""
        has = self.has(rows)
        out = np.zeros((len(rows), self.values.shape[1]), np.float32)
        found = self.values[rows[has]] - self.centre
        out[has] = found / np.maximum(np.linalg.norm(found, axis=1), SHORTEST)[:, None]
        return out

    def cosines(self, vector: Floats, rows: Ints | None = None) -> Floats:
        """(n,) or (k,) cosines to a unit vector around the centre; NaN where absent."""
        if rows is not None:
            has = self.has(rows)
            return np.where(has, self.units(rows) @ vector, np.float32(np.nan)).astype(np.float32)
        dots = self.values @ vector - self.centre @ vector
        cosines = dots / np.maximum(self.lengths, SHORTEST)
        return np.where(self.present, cosines, np.float32(np.nan)).astype(np.float32)


class Vectors:
    """Vectors by catalogue row, as a model takes them; safe to use from several threads.

    Args:
        features: modality -> vectors of the first rows.
    """

    def __init__(self, features: Mapping[str, Feature] | None = None) -> None:
        self.spaces: dict[str, Space] = {}
        self._room: dict[str, tuple[Floats, Bools, Floats]] = {}
        self._own: set[str] = set()  # modalities whose arrays are nobody else's
        self._lock = threading.Lock()
        for name, feature in (features or {}).items():
            self._begin(name, feature)

    def put(self, rows: Ints, features: Mapping[str, Feature]) -> None:
        """Set the vectors of some rows; a modality that is left out stays as it is.

        Raises:
            BadData: for vectors of another length than those that are there.
        """
        with self._lock:
            for name, feature in features.items():
                known = self.spaces.get(name)
                if known is None:
                    self._begin(name, feature.take(np.empty(0, np.int64)), feature)
                elif known.values.shape[1] != feature.dim:
                    raise BadData(
                        f"{name} vectors of {feature.dim} dimensions cannot stand beside those of "
                        f"{known.values.shape[1]}; encode them with the same encoder"
                    )
                self._place(name, rows, feature)

    def take(self, rows: Ints) -> dict[str, Feature]:
        """Modality -> features of some rows, absent where nothing is known."""
        out = {}
        for name, space in list(self.spaces.items()):
            has = space.has(rows)
            values = np.zeros((len(rows), space.values.shape[1]), np.float32)
            values[has] = space.values[rows[has]]
            out[name] = Feature(values, has, space.encoder)
        return out

    def known(self, n: int) -> Bools:
        """(n,) which of the first n rows have a vector of any modality."""
        out = np.zeros(n, bool)
        for space in list(self.spaces.values()):
            m = min(n, len(space))
            out[:m] |= space.present[:m]
        return out

    def likeness(self, past: Ints, weight: Floats | None = None) -> dict[str, Floats]:
        """Modality -> (n,) mean cosine of each row to past rows; NaN where the row lacks it.

        Modalities that no past row has are left out.
        """
        out = {}
        for name, space in list(self.spaces.items()):
            has = space.has(past)
            if has.any():
                strength = np.ones(len(past), np.float32) if weight is None else weight
                mean = strength[has] @ space.units(past[has]) / strength[has].sum()
                out[name] = space.cosines(mean.astype(np.float32))
        return out

    def _begin(self, name: str, feature: Feature, centred_on: Feature | None = None) -> None:
        there = feature if centred_on is None else centred_on
        total: Doubles = there.values[there.present].sum(axis=0, dtype=np.float64)
        centre = (total / max(1, there.present.sum())).astype(np.float32)
        lengths = _lengths(feature.values, feature.present, centre)
        self._room[name] = feature.values, feature.present, lengths
        self.spaces[name] = Space(
            feature.values, feature.present, lengths, centre, (feature.encoder or there.encoder)
        )

    def _place(self, name: str, rows: Ints, feature: Feature) -> None:
        space = self.spaces[name]
        n = max(len(space), int(rows.max(initial=-1)) + 1)
        values, present, lengths = self._room[name]
        if n > len(present):
            more = max(n - len(present), len(present) // 8, 64)
            values = np.pad(values, ((0, more), (0, 0)))
            present, lengths = np.pad(present, (0, more)), np.pad(lengths, (0, more))
            self._own.add(name)
        elif name not in self._own:  # once; later a reader may see a row between two vectors
            values, present, lengths = values.copy(), present.copy(), lengths.copy()
            self._own.add(name)
        values[rows] = np.where(feature.present[:, None], feature.values, np.float32(0))
        present[rows] = feature.present
        lengths[rows] = _lengths(feature.values, feature.present, space.centre)
        self._room[name] = values, present, lengths
        self.spaces = {
            **self.spaces,
            name: Space(values[:n], present[:n], lengths[:n], space.centre, space.encoder),
        }


def _lengths(values: Floats, present: Bools, centre: Floats) -> Floats:
    """(n,) lengths around the centre, in blocks; 1 where absent."""
    out = np.ones(len(values), np.float32)
    for start in range(0, len(values), 4096):
        block = slice(start, start + 4096)
        out[block] = np.linalg.norm(values[block] - centre, axis=1)
    return np.where(present, out, np.float32(1))

"""Feature: one vector per row of one modality, with rows that may be absent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from prismrec.errors import BadData
from prismrec.types import Bools, Floats, Ints

__all__ = ["Feature"]


@dataclass(frozen=True, eq=False)
class Feature:
    """Vectors of one modality. Absent rows are zero and marked; they are never NaN.

    Raises:
        BadData: where the shapes disagree or a present row is not finite.
    """

    values: Floats  # (n, d)
    present: Bools  # (n,)
    encoder: str = ""  # fingerprint of what made the vectors; "" for ready vectors
    imputed: Bools | None = None  # (n,) present rows that were guessed; None where none was
    layout: str = "vector"  # what a row is: "vector", or raw "pixels", "tokens" or "log-mel"

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.present.shape != (len(self.values),):
            raise BadData(
                f"a feature needs values (n, d) and present (n,), not {self.values.shape} and "
                f"{self.present.shape}"
            )
        if self.imputed is not None and (
            self.imputed.shape != self.present.shape or (self.imputed & ~self.present).any()
        ):
            raise BadData("a feature's imputed rows are some of its present rows")
        bad = np.flatnonzero(~np.isfinite(self.values).all(axis=1) & self.present)
        if len(bad):
            raise BadData(f"feature row {bad[0]} is not finite; mark it absent or repair it")

    @classmethod
    def of(cls, values: Floats, present: Bools | None = None, encoder: str = "") -> Feature:
        """Build from any float array; rows with a value that is not finite become absent."""
        values = np.ascontiguousarray(values, dtype=np.float32)
        good = np.asarray(np.isfinite(values).all(axis=1))
        if present is not None:
            good &= present
        if not good.all():
            values = np.where(good[:, None], values, np.float32(0))
        return cls(values, good, encoder)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def dim(self) -> int:
        """Number of dimensions d."""
        return int(self.values.shape[1])

    @property
    def coverage(self) -> float:
        """Share of rows that are present, 0 to 1."""
        return float(self.present.mean()) if len(self.present) else 0.0

    @property
    def observed(self) -> Bools:
        """(n,) rows that are present and were not guessed."""
        return self.present if self.imputed is None else self.present & ~self.imputed

    def observed_only(self) -> Feature:
        """This feature with guessed rows made absent again."""
        if self.imputed is None:
            return self
        values = np.where(self.observed[:, None], self.values, np.float32(0))
        return Feature(values, self.observed, self.encoder, layout=self.layout)

    def take(self, rows: Ints) -> Feature:
        """The chosen rows."""
        imputed = None if self.imputed is None else self.imputed[rows]
        return Feature(self.values[rows], self.present[rows], self.encoder, imputed, self.layout)

    def with_values(self, values: Floats, encoder: str) -> Feature:
        """Plain vectors (n, d') of the same rows, made in the way that `encoder` names."""
        return replace(self, values=values, encoder=encoder, layout="vector")

    def concatenated(self, other: Feature) -> Feature:
        """This feature with the rows of another one appended."""
        imputed = None
        if self.imputed is not None or other.imputed is not None:
            imputed = np.concatenate([f.present & ~f.observed for f in (self, other)])
        return Feature(
            np.vstack([self.values, other.values]),
            np.concatenate([self.present, other.present]),
            self.encoder,
            imputed,
            self.layout,
        )

"""How to fit: what is not a hyperparameter of the model but of the run."""

from __future__ import annotations

from dataclasses import dataclass

from prismrec.data.dataset import Dataset

__all__ = ["Training"]


@dataclass(frozen=True, eq=False)
class Training:
    """Options of one fit."""

    seed: int = 0  # of every random choice
    valid: Dataset | None = None  # where a model may choose a handful of scalars; never test

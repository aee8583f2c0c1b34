"""What a field may be where settings are searched, said beside its default.

    l2: float = searched(3e-3, 1e-5, 1e-1, log=True)  # of the embeddings in a batch
    layers: int = searched(2, 1, 4)
    dim: int = among(64, (32, 64, 128))
    fusion: str = among("mean", "fusions")

A field that is declared in the ordinary way is never searched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from prismrec import registry

__all__ = ["MODALITIES", "Among", "Range", "Space", "among", "searched", "spaces"]

MODALITIES = "modalities"  # instead of a kind of the registry: those of the data
KEY = "prismrec.searched"  # in a field's metadata

T = TypeVar("T")


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole ones where both ends are whole."""

    low: float
    high: float
    log: bool = False  # whether a doubling counts alike everywhere

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers only."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __contains__(self, value: object) -> bool:
        kinds = (int,) if self.whole else (int, float)
        return isinstance(value, kinds) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{' (log)' if self.log else ''}"


@dataclass(frozen=True)
class Among:
    """A few values, or the names of one kind of the registry, or modalities of the data."""

    options: tuple[Any, ...]
    kind: str = ""  # where the values are names that are known only later

    def values(self, modalities: Sequence[str] = ()) -> tuple[Any, ...]:
        """What can be chosen for data with these modalities: all, each alone, pairs joined by +."""
        if self.kind != MODALITIES:
            return tuple(registry.names(self.kind)) if self.kind else self.options
        pairs = [f"{a}+{b}" for i, a in enumerate(modalities) for b in modalities[i + 1 :]]
        return ("all", *modalities, *pairs) if len(modalities) > 2 else ("all", *modalities)

    def __str__(self) -> str:
        return f"any of the {self.kind}" if self.kind else ", ".join(map(_written, self.options))


Space = Range | Among


def searched(default: T, low: float, high: float, *, log: bool = False) -> T:
    """A dataclass field whose best value is looked for between two ends.

    Args:
        default: as ever; None stands for what the model chooses when it is fitted.
        low: the least value; give both ends as whole numbers where the field is whole.
        high: the largest value.
        log: whether a doubling counts alike everywhere, as for rates and strengths.
    """
    return _field(default, Range(low, high, log))


def among(default: T, options: Sequence[T] | str) -> T:
    """A dataclass field whose best value is looked for among a few.

    Args:
        default: as ever.
        options: the values; a kind of the registry such as "fusions"; or "modalities".
    """
    if isinstance(options, str):
        return _field(default, Among((), options))
    return _field(default, Among(tuple(options)))


def spaces(target: type) -> dict[str, Space]:
    """The fields of a dataclass that can be searched, in their order."""
    return {f.name: f.metadata[KEY] for f in dataclasses.fields(target) if KEY in f.metadata}


def _field(default: T, space: Space) -> T:
    return dataclasses.field(default=default, metadata={KEY: space})


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

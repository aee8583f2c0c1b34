"""Contrast: why one item and not another."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from prismrec.explain.shares import Explanation

__all__ = ["Contrast", "contrast"]


@dataclass(frozen=True, eq=False)
class Contrast:
    """What sets one item above another, in the units of the score; below 0 speaks for the other."""

    item: int  # row
    other: int  # row
    difference: float  # score of the item less that of the other
    by_modality: dict[str, float]  # largest first; adds up to the difference
    by_item: tuple[tuple[int, str, float], ...]  # past item, modality, amount; largest size first


def contrast(one: Explanation, other: Explanation) -> Contrast:
    """The difference of two explanations for the same person, which is exact as they are."""
    modality: dict[str, float] = defaultdict(float)
    cells: dict[tuple[int, str], float] = defaultdict(float)
    for sign, told in ((1, one), (-1, other)):
        for name, amount in told.by_modality.items():
            modality[name] += sign * amount
        for past, name, amount in told.by_item:
            cells[past, name] += sign * amount
    by_modality = dict(sorted(modality.items(), key=lambda pair: -pair[1]))
    ordered = sorted(cells.items(), key=lambda cell: -abs(cell[1]))
    by_item = tuple((past, name, amount) for (past, name), amount in ordered if amount)
    return Contrast(one.item, other.item, one.score - other.score, by_modality, by_item)

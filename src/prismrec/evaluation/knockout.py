"""Knock-out: what each model loses where one modality is damaged and it is fitted anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prismrec.data.dataset import Dataset
from prismrec.errors import UnknownName
from prismrec.evaluation.damage import DAMAGES
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.result import Evaluation, difference, pool
from prismrec.evaluation.run import Damage, Result

__all__ = ["KnockOut", "damages", "knock_outs"]


@dataclass(frozen=True)
class KnockOut:
    """What a model loses when it is fitted anew with one modality damaged, paired by user."""

    model: str
    modality: str
    way: str  # a key of `damage.DAMAGES`
    candidates: str  # "all_items" or "new_items"
    change: Mapping[str, Interval]  # damaged minus whole: below 0 where the modality helps

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        change = {name: interval._asdict() for name, interval in self.change.items()}
        return {**vars(self), "change": change}


def damages(data: Dataset, ways: Sequence[str]) -> tuple[Damage, ...]:
    """Every modality of the items in every way; noise only where a row is a vector.

    Raises:
        UnknownName: for a way that does not exist.
    """
    for way in ways:
        if way not in DAMAGES:
            raise UnknownName(f"no knock-out is called {way!r}; there is {', '.join(DAMAGES)}")
    return tuple(
        Damage(modality, way)
        for modality, feature in data.items.items()
        for way in ways
        if way != "noise" or feature.layout == "vector"
    )


def knock_outs(results: Sequence[Result]) -> tuple[KnockOut, ...]:
    """Hold each damaged run of one split against the whole run of the same model and seed.

    Seeds are pooled; the interval draws people with all their runs. A run that was skipped on
    either side is left out.
    """
    whole = {(r.model, r.seed): r for r in results if r.damage is None}
    pairs: dict[tuple[str, Damage, str], list[tuple[Evaluation, Evaluation]]] = {}
    for result in results:
        if result.damage is None or (result.model, result.seed) not in whole:
            continue
        beside = whole[result.model, result.seed]
        for candidates, hurt, well in (
            ("all_items", result.evaluation, beside.evaluation),
            ("new_items", result.new_items, beside.new_items),
        ):
            if hurt is not None and well is not None:
                key = result.model, result.damage, candidates
                pairs.setdefault(key, []).append((hurt, well))
    return tuple(
        KnockOut(model, damage.modality, damage.way, candidates, _change(both))
        for (model, damage, candidates), both in pairs.items()
    )


def _change(pairs: Sequence[tuple[Evaluation, Evaluation]]) -> dict[str, Interval]:
    hurt, well = (pool(side) for side in zip(*pairs, strict=True))
    return difference(hurt, well)

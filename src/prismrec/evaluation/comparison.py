"""Comparison: all that several models were found to be on one shop, for tables, pages and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prismrec.evaluation.cost import Cost
from prismrec.evaluation.intervals import Interval
from prismrec.evaluation.result import Evaluation

__all__ = ["Comparison", "Curve", "Example", "KnockOut", "Shown", "Standing"]


@dataclass(frozen=True)
class Shown:
    """An item as a person would see it."""

    item: str  # identifier
    title: str
    picture: str | None = None  # path below the shop's folder
    hit: bool = False  # whether the person chose it in test


@dataclass(frozen=True)
class Example:
    """One person, drawn at random, and what each model would have shown them."""

    user: str
    history: tuple[Shown, ...]  # the latest first
    chosen: tuple[Shown, ...]  # what they went on to choose: the test items
    lists: Mapping[str, tuple[Shown, ...]]  # by model, best first

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {
            "user": self.user,
            "history": [vars(item) for item in self.history],
            "chosen": [vars(item) for item in self.chosen],
            "lists": {model: [vars(i) for i in items] for model, items in self.lists.items()},
        }


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


@dataclass(frozen=True)
class Curve:
    """How one fit went, epoch by epoch."""

    losses: tuple[float, ...]
    figures: tuple[float | None, ...]  # on valid, higher is better; None where not measured

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {"losses": list(self.losses), "figures": list(self.figures)}


@dataclass(frozen=True, eq=False)
class Standing:
    """How the models stand on one split; keys are models as they were asked for."""

    split: str
    all_items: Mapping[str, Evaluation]  # all seeds of a model as one
    new_items: Mapping[str, Evaluation]  # items without history among themselves; may be empty
    costs: Mapping[str, Cost]  # mean over the seeds
    curves: Mapping[str, Curve]  # of the first seed; only models that learn in epochs
    knock_outs: tuple[KnockOut, ...] = ()
    significance: Mapping[str, Any] = field(default_factory=dict)  # plain values
    strata: Mapping[str, Any] = field(default_factory=dict)  # model -> plain values
    alignment: Mapping[str, Any] = field(default_factory=dict)  # model -> plain values
    examples: tuple[Example, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        return {
            "split": self.split,
            "all_items": {model: run.to_json() for model, run in self.all_items.items()},
            "new_items": {model: run.to_json() for model, run in self.new_items.items()},
            "costs": {model: cost.to_json() for model, cost in self.costs.items()},
            "curves": {model: curve.to_json() for model, curve in self.curves.items()},
            "knock_outs": [each.to_json() for each in self.knock_outs],
            "significance": dict(self.significance),
            "strata": dict(self.strata),
            "alignment": dict(self.alignment),
            "examples": [each.to_json() for each in self.examples],
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several models on one shop, under one protocol, on one split or several."""

    shop: str  # its name
    standings: tuple[Standing, ...]  # one per split
    folder: Path | None = None  # of the shop, where the pictures lie
    skipped: Mapping[str, str] = field(default_factory=dict)  # model -> why it has no figures
    settings: Mapping[str, Any] = field(default_factory=dict)  # seeds, k, refit, version, data

    def to_json(self) -> dict[str, Any]:
        """Everything but the values per user."""
        return {
            "shop": self.shop,
            "settings": dict(self.settings),
            "standings": [standing.to_json() for standing in self.standings],
            "skipped": dict(self.skipped),
        }
